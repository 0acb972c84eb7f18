"""Tables with so many fills, copies, follows and leaders, spread evenly over members."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from pilotfish.adapters.dynamo.follow_items import follow_to_item
from pilotfish.adapters.dynamo.items import Item, s
from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.adapters.dynamo.order_items import order_to_item
from pilotfish.adapters.dynamo.past_fills import past_put
from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.follows import Follow, follow_name
from pilotfish.domain.leaders import Leader, Profile
from pilotfish.domain.orders import CopyOrder, Event, Leg, State
from pilotfish.domain.rules import Rules
from pilotfish_local.bench.full_standings import FullStandings

VENUE, SYMBOLS = "binanceusdm", ("BTC/USDT:USDT", "ETH/USDT:USDT")
BATCH = 5_000
MINUTE_MS = 60_000
MOST_FOLLOWS = 10_000
AS_USUAL = Rules()  # Checked once, and not for every follow.

Load = Callable[[str, Sequence[Item]], None]
"""Puts items into a table that is named."""


@dataclass(frozen=True, slots=True)
class Member:
    """What one member has, and how many leaders there are to follow; two accounts have trades."""

    fills: int = 500
    copies: int = 500
    follows: int = 50
    leaders: int = 500
    accounts: int = 10


class FullTables:
    """Grows the tables; the first member is `user`, and has what each of the others has."""

    def __init__(
        self,
        client: Any,
        load: Load,
        name: Callable[[str], str],
        user: str,
        at_ms: int,
        each: Member,
    ) -> None:
        self._client = client
        self._load = load
        self._name = name
        self._user = user
        self._at_ms = at_ms
        self._each = each
        self._size = self._follows = self._members = 0
        self._standings = FullStandings(name, VENUE, at_ms)
        self._traded: dict[int, Item] = {}

    @property
    def account_id(self) -> str:
        """One of the user's accounts."""
        return _account(self._user, 0)

    def begin(self) -> None:
        """The leaders."""
        leaders = DynamoLeaders(self._client, self._name("LeadersTable"))
        for number in range(self._each.leaders):
            profile = Profile(f"Leader {number}", tags=("bench",))
            published_ms = self._at_ms + number
            leaders.save(Leader(_leader(number), f"who-{number}", VENUE, profile, published_ms))
            leaders.save_figures(_leader(number), {"roi_30d": Decimal(number) / 1000}, self._at_ms)

    def grow(self, size: int) -> None:
        """To so many fills and copies, and as many follows, but 10,000 at the most."""
        follows = min(size, MOST_FOLLOWS)
        self._write("FillsTable", map(self._fill, range(self._size, size)))
        self._write("CopyOrdersTable", map(self._copy, range(self._size, size)))
        self._write("FollowsTable", map(self._follow, range(self._follows, follows)))
        self._stand(max(1, follows // self._each.follows))
        self._size, self._follows = size, follows

    def _stand(self, members: int) -> None:
        """The accounts of each, and what those and the follows of each come to."""
        for member in range(self._members, members):
            owner = self._owner(member)
            for number in range(self._each.accounts):
                self._standings.account(_account(owner, number), owner)
            for number in range(self._each.follows):
                made = self._followed(member * self._each.follows + number)
                self._standings.statements(
                    made.follow_id, made.leader_id, made.account_id, made.owner
                )
            for table, items in self._standings.taken():
                self._load(table, items)
        self._members = max(members, self._members)

    def _fill(self, number: int) -> Item:
        """Of all members alike, but for whose it is."""
        member, turn = divmod(number, self._each.fills)
        owner = self._owner(member)
        if turn not in self._traded:
            self._traded[turn] = self._past_fill(turn)
        mine: Item = {"pk": s(_account(owner, turn % 2)), "owner": s(owner)}
        return self._traded[turn] | mine

    def _past_fill(self, turn: int) -> Item:
        """As a back-fill writes it, so that nobody copies it."""
        account = Account(_account(self._user, turn % 2), self._user, VENUE)
        fill = Fill(
            account_id=account.account_id,
            venue=VENUE,
            symbol=SYMBOLS[turn // 2 % 2],
            trade_id=str(turn),
            order_id=f"o{turn}",
            side=Side.BUY,
            position_side=PositionSide.NET,
            price=Decimal("64000.5"),
            quantity=Decimal("0.025"),
            traded_ms=self._at_ms + turn * MINUTE_MS,
            seen_ms=self._at_ms + turn * MINUTE_MS,
        )
        item: Item = past_put("", fill, account, "bench")["Put"]["Item"]
        return item

    def _copy(self, number: int) -> Item:
        member, turn = divmod(number, self._each.copies)
        follow = self._followed(member * self._each.follows + turn % self._each.follows)
        at_ms = self._at_ms + turn * MINUTE_MS
        symbol = SYMBOLS[turn // 2 % 2]
        return order_to_item(
            CopyOrder(
                follow_id=follow.follow_id,
                leader_id=follow.leader_id,
                fill_id=f"{at_ms:013d}-{symbol}-{turn}",
                leg=Leg.ENTRY,
                account_id=follow.account_id,
                owner=follow.owner,
                venue=VENUE,
                symbol=symbol,
                side=Side.BUY,
                position_side=PositionSide.NET,
                quantity=Decimal("0.025"),
                reference_price=Decimal("64000.5"),
                traded_ms=at_ms,
                seen_ms=at_ms + 2,
                decided_ms=at_ms + 17,
                expires_ms=at_ms + MINUTE_MS,
                state=State.COPIED,
                revision=2,
                filled_quantity=Decimal("0.025"),
                average_price=Decimal("64001"),
                history=(
                    Event(at_ms + 17, State.PLANNED, ""),
                    Event(at_ms + 20, State.SENT, ""),
                    Event(at_ms + 46, State.COPIED, ""),
                ),
            )
        )

    def _follow(self, number: int) -> Item:
        return follow_to_item(self._followed(number))

    def _followed(self, number: int) -> Follow:
        """A member's follows are of leaders next to one another; all leaders have as many."""
        owner = self._owner(number // self._each.follows)
        leader_id, account_id = _leader(number % self._each.leaders), _account(owner, number % 2)
        follow_id = follow_name(account_id, leader_id)
        return Follow(
            follow_id,
            leader_id,
            account_id,
            owner,
            VENUE,
            started_ms=self._at_ms,
            rules=AS_USUAL,
        )

    def _owner(self, member: int) -> str:
        return f"member-{member}" if member else self._user

    def _write(self, table: str, items: Iterable[Item]) -> None:
        left = iter(items)
        while batch := list(islice(left, BATCH)):
            self._load(self._name(table), batch)


def _account(owner: str, number: int) -> str:
    return f"{owner}-{number}"


def _leader(number: int) -> str:
    return f"leader-{number}"
