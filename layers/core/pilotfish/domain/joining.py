"""What a follow that begins takes on of the positions that its leader has already.

Each position is taken as one entry, made at the leader's average price and now, and decided by the
rules that every entry is decided by; the tolerance around that price takes the place of slippage.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.netting import Booked, Ledger, Line, position_side_of, symbol_of
from pilotfish.domain.orders import CopyOrder, Leg, Reason
from pilotfish.domain.planning import Around, InstrumentsByVenue, plan, skipped
from pilotfish.domain.wallets import Wallet

JOINED = "joined"

# Ledger and order of each, beside what makes the follow begin, in a transaction of at most 100
# items; what is left of it is for lines of history that say why a position was not joined.
JOINED_AT_ONCE = 45
LINES_AT_ONCE = 95

Books = tuple[Ledger, Booked]


@dataclass(frozen=True, slots=True)
class Join:
    """What is decided about one position: an order, or a skip (then the ledger may stay)."""

    fill: Fill
    order: CopyOrder
    ledger: Ledger | None = None


def entries(follow: Follow, venue: str, holdings: Holdings) -> list[Fill]:
    """The leader's positions as entries of `follow.started_ms`, the largest (quote units) first.

    Price 0 stands for one that nobody knows.
    """
    made = [
        _entry(follow, venue, key, held)
        for key, held in holdings.positions.items()
        if held.quantity
    ]
    return sorted(made, key=lambda fill: (-fill.price * fill.quantity, fill.fill_id))


def _entry(follow: Follow, venue: str, key: str, held: Held) -> Fill:
    return Fill(
        account_id=follow.leader_id,
        venue=venue,
        symbol=symbol_of(key),
        trade_id=f"{JOINED}-{position_side_of(key)}",
        order_id="",
        side=Side.BUY if held.quantity > 0 else Side.SELL,
        position_side=position_side_of(key),
        price=held.entry_price or Decimal(0),
        quantity=abs(held.quantity),
        traded_ms=follow.started_ms,
        seen_ms=follow.started_ms,
    )


def candidates(fills: Iterable[Fill]) -> list[Fill]:
    """The positions that can be joined: of known price, and as many as go together."""
    return [fill for fill in fills if fill.price][:JOINED_AT_ONCE]


def plan_join(
    follow: Follow,
    fills: Iterable[Fill],
    books: Mapping[str, Books],
    instruments: InstrumentsByVenue,
    wallets: Mapping[str, Wallet],
) -> list[Join]:
    """A decision about each of the leader's positions; `books` of the candidates, by fill id.

    A follow that holds copies from before, or still wants some, is not given them a second time.
    Which orders the leader opened it by does not matter any more.
    """
    tolerance = follow.rules.join_tolerance
    rules = replace(follow.rules, max_slippage=tolerance, better_by=None, order_kinds=())
    gated = replace(follow, rules=rules)
    around, joins = Around(follow.started_ms, wallets=wallets), []
    for fill in fills:
        if reason := _not_joined(follow, fill, books.get(fill.fill_id)):
            order = skipped(fill, follow, Leg.ENTRY, reason, follow.started_ms)
            joins.append(Join(fill, order))
            continue
        ledger, booked = books[fill.fill_id]
        mine = {follow.follow_id: booked}
        after, [order] = plan(fill, [gated], ledger, mine, instruments, around)
        joins.append(Join(fill, order, after))
    return joins


def _not_joined(follow: Follow, fill: Fill, books: Books | None) -> Reason | None:
    if books is None:
        return Reason.TOO_MANY_POSITIONS if fill.price else Reason.NO_REFERENCE_PRICE
    ledger, booked = books
    line = ledger.lines.get(follow.follow_id, Line())
    taken = line.target or line.ordered or booked.copied
    return Reason.ALREADY_COPIED if taken else None


def written(joins: Sequence[Join]) -> list[Join]:
    """Those that find room in the transaction: all that change a ledger, and then the others."""
    deciding = [join for join in joins if join.ledger is not None]
    others = [join for join in joins if join.ledger is None]
    return deciding + others[: LINES_AT_ONCE - 2 * len(deciding)]
