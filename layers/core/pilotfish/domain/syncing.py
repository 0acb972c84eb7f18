"""Is a follow where a leader's exit left its target, and what is still to be sent?

An exit that was refused or partly filled, and an entry that was filled after the exit, leave more
in a follow than its target says. Its books show that: what was ordered less what was missed is
what is held once every order is at its end.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.admission import closed_hours
from pilotfish.domain.counterparts import barred, mirrored, rescaled
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument, Kind
from pilotfish.domain.netting import Booked, Ledger, Line, Sized, position_key, split
from pilotfish.domain.orders import CopyOrder, Leg, Reason
from pilotfish.domain.planning import InstrumentsByVenue, copied_symbol, planned, traded
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizing import entry_market, order_cap, too_small, whole_lots

ZERO = Decimal(0)

WAITS_FOR_A_PERSON = "an exit of it waits for a person, who has to say what became of it"


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a follow holds besides its target (signed base units), and what is the matter."""

    follow_id: str
    symbol: str
    quantity: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """The next ledger, the orders that bring follows to their targets, and who is not there."""

    ledger: Ledger
    orders: list[CopyOrder]
    remainders: list[Remainder]


def overtaken(later: Iterable[Fill]) -> bool:
    """Whether what an exit left is the business of a later exit of the position.

    A look for the later one sees the same books and the later target.
    """
    return any(split(f.position_before, f.position_change).exit_fraction > ZERO for f in later)


def plan_sync(
    fill: Fill,
    follows: Iterable[Follow],
    ledger: Ledger,
    booked: Mapping[str, Booked],
    under_way: Collection[tuple[str, str]],
    instruments: InstrumentsByVenue,
    now_ms: int,
) -> SyncPlan:
    """Look at every follow of a shard after the leader's exit `fill`.

    `booked` is by follow id; `under_way` has the follow id and position key of orders that are
    not at their end. Such a follow is waited for: sending more would be a guess. The orders are
    named after the ledger's revision, which is decided once. An entry is made up for where a
    missed exit took its place: what an exit left on one side swallows the next entry on the other.
    (An entry that was itself missed is not wanted any more: the target has come down by it.)
    """
    again = replace(fill, trade_id=f"{fill.trade_id}~{ledger.revision + 1}")
    lines = dict(ledger.lines)
    orders: list[CopyOrder] = []
    remainders: list[Remainder] = []
    for follow in follows:
        line = lines.get(follow.follow_id, Line())
        books = booked.get(follow.follow_id, Booked())
        settled = line.settled(books)
        symbol = copied_symbol(fill, follow)
        remainder = Remainder(follow.follow_id, symbol, books.copied - settled.due, "")
        side = mirrored(fill.position_side, follow.rules)
        key = follow.follow_id, position_key(symbol, side)
        if books.copied != settled.ordered or key in under_way:
            remainders.append(replace(remainder, why="an order is under way"))
            continue
        if books.closable != books.copied:
            remainders.append(replace(remainder, why=WAITS_FOR_A_PERSON))
            continue
        instrument = traded(fill.symbol, follow, instruments[follow.venue])
        if isinstance(instrument, Reason):
            if settled.ordered:
                remainders.append(replace(remainder, why=instrument))
            continue
        own = rescaled(again, symbol)
        leg, quantity = Leg.EXIT, _too_much(settled, instrument, own.price)
        if not (quantity or follow.bar or _shut(fill.symbol, symbol, follow.rules, now_ms)):
            market = entry_market(follow.rules, instrument)
            cap = order_cap(follow.rules, market, own.price)
            leg, quantity = Leg.ENTRY, _too_little(settled, market, own.price, cap)
        if quantity:
            lines[follow.follow_id] = replace(settled, ordered=settled.ordered + quantity)
            sized = Sized(quantity)
            orders.append(planned(own, follow, instrument, settled, leg, sized, now_ms))
            remainders.append(replace(remainder, why="sent again"))
    return SyncPlan(ledger.after(lines), orders, remainders)


def _shut(symbol: str, own: str, rules: Rules, now_ms: int) -> bool:
    return bool(barred(symbol, own, rules) or closed_hours(rules, now_ms))


def _too_much(line: Line, instrument: Instrument, price: Decimal) -> Decimal:
    """The lots beyond what is due that an exit can close (signed base units, as an order's)."""
    lots = whole_lots(line.surplus, instrument)
    if instrument.kind is Kind.SPOT and too_small(lots, price, instrument):
        return ZERO
    return -lots if line.ordered > ZERO else lots


def _too_little(line: Line, instrument: Instrument, price: Decimal, cap: Decimal | None) -> Decimal:
    """The lots that an entry has to make up for (signed base units)."""
    missing = line.due - line.ordered
    if missing * line.due <= ZERO or not instrument.open:
        return ZERO
    lots = whole_lots(abs(missing), instrument)
    lots = lots if cap is None else min(lots, cap)
    if too_small(lots, price, instrument):
        return ZERO
    return lots if missing > ZERO else -lots
