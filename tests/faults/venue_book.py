"""The venue's book as the judge: what was done twice, never, or not as we wrote it down."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import split
from pilotfish.domain.orders import CopyOrder, Leg, State

Json = dict[str, Any]
Key = tuple[str, str, Leg]  # follow id, fill id, leg
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Traded:
    """An execution in the book; `change` is signed base units."""

    account: str
    symbol: str
    change: Decimal
    at_ns: int
    trade_id: str

    @property
    def fill_id(self) -> str:
        """The name that our tables have for it."""
        return f"{self.at_ns // 1_000_000:013d}-{self.symbol}-{self.trade_id}"


def executions(book: Sequence[Json]) -> list[Traded]:
    """All of them, in the order in which they happened."""
    found = [
        Traded(
            order["account"],
            order["unified"],
            Decimal(fill["qty"]) * (1 if order["side"].lower() == "buy" else -1),
            fill["at_ns"],
            fill["trade_id"],
        )
        for order in book
        for fill in order["fills"]
    ]
    return sorted(found, key=lambda traded: traded.at_ns)


def expected_legs(trades: Sequence[Traded], follows: Sequence[Follow]) -> set[Key]:
    """An exit where a leader's position got smaller, an entry where it grew, both for a flip."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    followed: dict[str, list[Follow]] = defaultdict(list)
    for follow in follows:
        followed[follow.leader_id].append(follow)
    legs: set[Key] = set()
    for traded in trades:
        if traded.account not in followed:
            continue
        parts = split(held[traded.account, traded.symbol], traded.change)
        held[traded.account, traded.symbol] += traded.change
        for follow in followed[traded.account]:
            if parts.exit_fraction:
                legs.add((follow.follow_id, traded.fill_id, Leg.EXIT))
            if parts.entry:
                legs.add((follow.follow_id, traded.fill_id, Leg.ENTRY))
    return legs


@dataclass(frozen=True, slots=True)
class Discrepancies:
    """Everything that must not be; each list is empty after a good run."""

    missing: list[Key] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    nobodys: list[str] = field(default_factory=list)
    misremembered: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def compare(
    book: Sequence[Json], follows: Sequence[Follow], records: Sequence[CopyOrder]
) -> Discrepancies:
    """Hold our records against the book, and the book against what the leaders did."""
    legs = expected_legs(executions(book), follows)
    kept = {(r.follow_id, r.fill_id, r.leg): r for r in records}
    known_fills = {(follow, fill) for follow, fill, _ in legs}
    accounts = {follow.account_id for follow in follows}
    filled: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for order in book:
        if order["account"] in accounts and Decimal(order["filled"]):
            filled[order["account"], order["client_id"]].append(Decimal(order["filled"]))
    ours = {(r.account_id, r.client_order_id): r for r in records}
    return Discrepancies(
        missing=sorted(legs - kept.keys()),
        unasked=[
            record.order_id
            for key, record in kept.items()
            if key not in legs and _synced(record) not in known_fills
        ],
        unfinished=[f"{r.order_id}: {r.state}" for r in records if not r.state.terminal],
        doubled=[f"{key}: {sizes}" for key, sizes in filled.items() if len(sizes) > 1],
        nobodys=[str(key) for key in filled if key not in ours],
        misremembered=[
            f"{record.order_id}: {record.state} {record.filled_quantity}, book {sizes}"
            for key, record in ours.items()
            if sum(sizes := filled.get(key, []))
            != (record.filled_quantity if record.state is State.COPIED else ZERO)
        ],
    )


def _synced(record: CopyOrder) -> tuple[str, str] | None:
    """The follow and the leader's fill that an order of exit_sync goes back to."""
    fill_id, mark, _ = record.fill_id.partition("~")
    return (record.follow_id, fill_id) if mark else None


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a follower is from its scale of the leader's position, in lots."""

    follow_id: str
    symbol: str
    lots: Decimal


class Positions:
    """What every account holds of every symbol by the executions so far."""

    def __init__(self, trades: Iterable[Traded] = ()) -> None:
        self._held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for traded in trades:
            self.add(traded)

    def add(self, traded: Traded) -> None:
        """One more execution."""
        self._held[traded.account, traded.symbol] += traded.change

    def drifts(self, follows: Sequence[Follow], lots: Mapping[str, Decimal]) -> list[Drift]:
        """The follows that are more than a lot off in a symbol of their leader's."""
        found = []
        for follow in follows:
            for symbol, lot in lots.items():
                if (follow.leader_id, symbol) in self._held:
                    target = self._held[follow.leader_id, symbol] * follow.rules.multiplier
                    off = (self._held.get((follow.account_id, symbol), ZERO) - target) / lot
                    found += [Drift(follow.follow_id, symbol, off)] if abs(off) > 1 else []
        return found


def quiet_after_s(
    trades: Sequence[Traded], follows: Sequence[Follow], lots: Mapping[str, Decimal]
) -> float:
    """Seconds from the leaders' last fill to the moment from which nobody was a lot off."""
    leaders = {follow.leader_id for follow in follows}
    last = max(traded.at_ns for traded in trades if traded.account in leaders)
    held = Positions(traded for traded in trades if traded.at_ns <= last)
    quiet_ns = last
    for traded in trades:
        if traded.at_ns > last:
            before = held.drifts(follows, lots)
            held.add(traded)
            quiet_ns = traded.at_ns if before else quiet_ns
    return (quiet_ns - last) / 1e9
