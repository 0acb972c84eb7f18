"""What each follow of a shard does about one leader fill: a copy order, or a skip that says why."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.counterparts import barred, counterpart, rescaled, scale
from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument, Kind, kind_of
from pilotfish.domain.netting import (
    IN_ITS_TURN,
    Booked,
    Decision,
    Ledger,
    Line,
    Since,
    Sized,
    Skipped,
    apply_fill,
    split,
)
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.sizing import limit_price, position_cap

ZERO = Decimal(0)

InstrumentsByVenue = Mapping[str, Mapping[str, Instrument]]


def copied_symbol(fill: Fill, follow: Follow) -> str:
    """The follower's symbol for the leader's, by the follow's rules and what is pinned to it."""
    return follow.copied(fill.symbol)


def plan(
    fill: Fill,
    follows: Iterable[Follow],
    ledger: Ledger,
    booked: Mapping[str, Booked],
    instruments: InstrumentsByVenue,
    now_ms: int,
    since: Since = IN_ITS_TURN,
) -> tuple[Ledger, list[CopyOrder]]:
    """The next ledger and one order (or two, for a flip) for each follow."""
    parts = split(fill.position_before, fill.position_change)
    lines = dict(ledger.lines)
    orders: list[CopyOrder] = []
    for follow in follows:
        line = lines.get(follow.follow_id, Line())
        books = booked.get(follow.follow_id)
        line = line if books is None else line.settled(books)
        instrument = traded(fill.symbol, follow, instruments[follow.venue])
        if isinstance(instrument, Reason):
            leg = Leg.EXIT if parts.exit_fraction else Leg.ENTRY
            orders.append(skipped(fill, follow, leg, instrument, now_ms))
            continue
        own = rescaled(fill, instrument.symbol)
        factor = scale(fill.symbol, instrument.symbol)
        wanted, bar = parts, follow.bar or barred(fill.symbol, instrument.symbol, follow.rules)
        if bar is not None:
            wanted = replace(parts, entry=ZERO)
        line, decisions = apply_fill(
            line,
            own,
            wanted.times(factor),
            follow.rules,
            instrument,
            books or Booked(),
            since.times(factor),
        )
        lines[follow.follow_id] = line
        if bar is not None and parts.entry:
            decisions.append((Leg.ENTRY, Skipped(bar)))
        orders += [
            planned(own, follow, instrument, line, leg, decision, now_ms)
            for leg, decision in decisions
        ]
    return ledger.after(lines, fill.number), orders


def traded(symbol: str, follow: Follow, own: Mapping[str, Instrument]) -> Instrument | Reason:
    """What a follow trades for the leader's symbol, or why nothing."""
    instrument = own.get(follow.copied(symbol))
    if kind_of(symbol) is Kind.INVERSE or (instrument and instrument.kind is Kind.INVERSE):
        return Reason.INVERSE_CONTRACT
    if instrument is not None:
        return instrument
    reason = counterpart(symbol, follow, own)
    return reason if isinstance(reason, Reason) else Reason.NO_COUNTERPART


def planned(
    fill: Fill,
    follow: Follow,
    instrument: Instrument,
    line: Line,
    leg: Leg,
    decision: Decision,
    now_ms: int,
) -> CopyOrder:
    """A decision as the copy order that says so; `line` is the follow's after it."""
    if not isinstance(decision, Sized):
        return skipped(fill, follow, leg, decision.reason, now_ms)
    side, limit, most = decision.side, None, None
    if leg is Leg.ENTRY:
        most = position_cap(follow.rules, instrument, fill.price)
        limit = limit_price(follow.rules, side, fill.price, instrument)
    return replace(
        _blank(fill, follow, leg, now_ms),
        side=side,
        quantity=abs(decision.quantity),
        lot=instrument.lot,
        limit_price=limit,
        most=most,
        round_trip=line.round_trip,
        kept=line.kept,
        reason=decision.reason,
    )


def skipped(fill: Fill, follow: Follow, leg: Leg, reason: Reason, now_ms: int) -> CopyOrder:
    """The line of history that says why a follow does nothing about a fill."""
    return replace(_blank(fill, follow, leg, now_ms), state=State.SKIPPED, reason=reason)


def _blank(fill: Fill, follow: Follow, leg: Leg, now_ms: int) -> CopyOrder:
    return CopyOrder(
        follow_id=follow.follow_id,
        leader_id=fill.account_id,
        fill_id=fill.fill_id,
        leg=leg,
        account_id=follow.account_id,
        owner=follow.owner,
        venue=follow.venue,
        symbol=copied_symbol(fill, follow) or fill.symbol,
        side=Side(fill.side),
        position_side=fill.position_side,
        quantity=Decimal(0),
        reference_price=fill.price,
        traded_ms=fill.traded_ms,
        seen_ms=fill.seen_ms,
        decided_ms=now_ms,
        expires_ms=fill.traded_ms + follow.rules.lateness_s * 1000,
    )
