"""A follow's copies are closed because its owner stopped it, whatever its leader does.

The first look takes all of the target, as a leader's exit does, and orders what that leaves too
much. Later ones order what came of it: an exit that was refused, an entry that was filled after it.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.counterparts import mirrored, scale
from pilotfish.domain.drift import Copy
from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.holdings import Held
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Line, Sized, close, position_side_of, symbol_of
from pilotfish.domain.orders import CopyOrder, Leg, Reason
from pilotfish.domain.planning import planned
from pilotfish.domain.syncing import WAITS_FOR_A_PERSON, Remainder

CLOSING = "closing"
UNDER_WAY = "an order is under way"
ASKED = "it is being closed"

ZERO, ALL = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class ClosePlan:
    """The line if it changes, the exit if there is one, and what is not closed yet and why."""

    line: Line | None = None
    order: CopyOrder | None = None
    left: Remainder | None = None


def plan_close(
    copy: Copy,
    line: Line,
    leader: Held,
    instrument: Instrument | None,
    revision: int,
    now_ms: int,
    *,
    under_way: bool,
) -> ClosePlan:
    """What is to be done about a position so that its follow holds nothing of it.

    `line` is the follow's, `under_way` whether an order of the position is not at its end, and
    the order is named after the ledger's `revision`. Dust that cannot be closed counts as nothing.
    """
    settled = line.settled(copy.booked)
    left = Remainder(copy.follow.follow_id, symbol_of(copy.key), copy.booked.copied, "")
    first = settled.target != ZERO
    if not first:
        if copy.booked.copied != settled.ordered or under_way:
            return ClosePlan(left=replace(left, why=UNDER_WAY))
        if copy.booked.closable != copy.booked.copied:
            return ClosePlan(left=replace(left, why=WAITS_FOR_A_PERSON))
    if not settled.ordered and not settled.target:
        return ClosePlan()
    if instrument is None:
        return ClosePlan(left=replace(left, why=Reason.UNKNOWN_SYMBOL))
    fill = _as_a_fill(copy, leader, settled, revision, now_ms)
    if not fill.price:  # Nobody knows it: the venue will say if it is too little.
        instrument = replace(instrument, min_notional=ZERO)
    fraction = ALL if first else ZERO
    after, decision = close(settled, fraction, instrument, fill.price, copy.booked)
    if not isinstance(decision, Sized):
        waits = under_way or copy.booked.copied != after.ordered
        return ClosePlan(
            after if first else None, left=replace(left, why=UNDER_WAY) if waits else None
        )
    order = planned(fill, copy.follow, instrument, after, Leg.EXIT, decision, now_ms)
    return ClosePlan(after, order, replace(left, why=ASKED))


def _as_a_fill(copy: Copy, leader: Held, line: Line, revision: int, now_ms: int) -> Fill:
    """The leader's exit that would close it, at the price at which the leader traded last."""
    follow, symbol = copy.follow, symbol_of(copy.key)
    theirs = follow.leader_symbol(symbol)
    price = leader.last_price or leader.entry_price or ZERO
    return Fill(
        account_id=follow.leader_id,
        venue=follow.venue,
        symbol=theirs,
        trade_id=f"{CLOSING}~{revision}",
        order_id="",
        side=Side.SELL if (line.ordered or line.target) > ZERO else Side.BUY,
        position_side=mirrored(position_side_of(copy.key), follow.rules),
        price=price / scale(theirs, symbol),
        quantity=abs(line.ordered),
        traded_ms=now_ms,
        seen_ms=now_ms,
    )


def holds(copy: Copy, instrument: Instrument | None) -> bool:
    """Whether there is something left that an exit could close."""
    copied = abs(copy.booked.copied)
    return copied > ZERO if instrument is None else copied >= instrument.lot
