"""What each follow of a shard does about one leader fill: a copy order, or a skip that says why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.admission import refusal
from pilotfish.domain.counterparts import counterpart, mirrored, rescaled, scale
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
    Split,
    apply_fill,
    split,
)
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.rule_choices import LeverageRule, MarginRule
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizes import NO_MEANS, Means, Opening, beneath, taken_on, total_cap
from pilotfish.domain.sizing import (
    entry_market,
    least_lots,
    least_price,
    limit_price,
    position_cap,
)
from pilotfish.domain.waiting import wait_of
from pilotfish.domain.wallets import Wallet

ZERO = Decimal(0)

InstrumentsByVenue = Mapping[str, Mapping[str, Instrument]]


def copied_symbol(fill: Fill, follow: Follow) -> str:
    """The follower's symbol for the leader's, by the follow's rules and what is pinned to it."""
    return follow.copied(fill.symbol)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a fill that is decided at `now_ms` (UTC).

    `later` are the fills of the position that came after it and were decided before, oldest first;
    `wallets` by account, of those whose rules ask for them.
    """

    now_ms: int
    later: Sequence[Fill] = ()
    wallets: Mapping[str, Wallet] = field(default_factory=dict)

    def means(self, follow: Follow) -> Means:
        """What leader and follower have."""
        if not self.wallets:
            return NO_MEANS
        leader, own = self.wallets.get(follow.leader_id), self.wallets.get(follow.account_id)
        return Means(leader, own, self.now_ms)


def plan(
    fill: Fill,
    follows: Iterable[Follow],
    ledger: Ledger,
    booked: Mapping[str, Booked],
    instruments: InstrumentsByVenue,
    around: Around,
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
            orders.append(skipped(fill, follow, leg, instrument, around.now_ms))
            continue
        own, wanted = rescaled(fill, instrument.symbol), parts
        means = around.means(follow)
        bar = follow.bar or refusal(fill, instrument.symbol, follow.rules)
        bar = bar or beneath(follow.rules, means)
        if bar is not None:
            wanted = replace(parts, entry=ZERO)
        line, decisions = apply_fill(
            line,
            own,
            wanted.times(scale(fill.symbol, instrument.symbol)),
            follow.rules,
            instrument,
            books or Booked(),
            _since(around, follow, instrument) if around.later else IN_ITS_TURN,
            means,
        )
        lines[follow.follow_id] = line
        if bar is not None and parts.entry:
            decisions.append((Leg.ENTRY, Skipped(bar)))
        orders += [
            planned(own, follow, instrument, line, leg, decision, around.now_ms, means, waits=True)
            for leg, decision in decisions
        ]
    return ledger.after(lines, fill.number), orders


def _since(around: Around, follow: Follow, instrument: Instrument) -> Since:
    """What a follow took on of the later fills."""
    return Since(tuple(_part(fill, follow, instrument, around) for fill in around.later))


def _part(fill: Fill, follow: Follow, instrument: Instrument, around: Around) -> Split:
    own = rescaled(fill, instrument.symbol)
    part = split(own.position_before, own.position_change)
    bar = refusal(fill, instrument.symbol, follow.rules)
    if not part.entry or bar or beneath(follow.rules, around.means(follow)):
        return replace(part, entry=ZERO)
    market = entry_market(follow.rules, instrument)
    opening = Opening(part.entry, own.price, own.opened_before)
    taken = taken_on(follow.rules, opening, market, around.means(follow))
    return replace(part, entry=ZERO if isinstance(taken, Reason) else taken)


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
    means: Means = NO_MEANS,
    *,
    waits: bool = False,
) -> CopyOrder:
    """A decision as the copy order that says so; `line` is the follow's after it.

    Only where it `waits` is a better price waited for; else it has to be had at once.
    """
    if not isinstance(decision, Sized):
        return skipped(fill, follow, leg, decision.reason, now_ms)
    limits: dict[str, Any] = {}
    if leg is Leg.ENTRY:
        instrument = entry_market(follow.rules, instrument)
        limits = _limits(fill, follow.rules, decision.side, instrument, means)
        limits |= _margin(fill, follow.rules)
        if waits and follow.rules.better_by is not None:
            limits |= wait_of(fill, follow, decision.side, instrument)
    return _order(
        fill,
        follow,
        leg,
        now_ms,
        side=decision.side,
        quantity=abs(decision.quantity),
        lot=instrument.lot,
        round_trip=line.round_trip,
        kept=line.kept,
        reason=decision.reason,
        **limits,
    )


def _limits(
    fill: Fill, rules: Rules, side: Side, instrument: Instrument, means: Means
) -> dict[str, Any]:
    """What an entry's claim has to hold, beside what the venue holds."""
    total, price = total_cap(rules, means), least_price(rules, side, fill.price, instrument)
    return {
        "limit_price": limit_price(rules, side, fill.price, instrument),
        "most": position_cap(rules, instrument, fill.price),
        "max_total": total,
        "least": Decimal(0) if total is None or not price else least_lots(price, instrument),
        "max_positions": rules.max_open_positions or 0,
        "max_trades": rules.max_trades_per_day or 0,
        "leader_order": (fill.order_id or fill.fill_id) if rules.max_trades_per_day else "",
    }


def _margin(fill: Fill, rules: Rules) -> dict[str, Any]:
    """What an entry's market is to be set to at the venue; nothing for most follows."""
    if rules.leverage_mode is LeverageRule.OWN and rules.margin_mode is MarginRule.OWN:
        return {}
    fixed = rules.leverage_mode is LeverageRule.FIXED
    follows = LeverageRule.FOLLOW in (rules.leverage_mode, rules.margin_mode.value)
    return {
        "leverage_mode": rules.leverage_mode,
        "leverage": rules.leverage if fixed else rules.leverage_cap,
        "margin_mode": rules.margin_mode,
        "leader_symbol": fill.symbol if follows else "",
    }


def skipped(fill: Fill, follow: Follow, leg: Leg, reason: Reason, now_ms: int) -> CopyOrder:
    """The line of history that says why a follow does nothing about a fill."""
    side, none = Side(fill.side), Decimal(0)
    return _order(
        fill, follow, leg, now_ms, side=side, quantity=none, state=State.SKIPPED, reason=reason
    )


def _order(fill: Fill, follow: Follow, leg: Leg, now_ms: int, **decided: Any) -> CopyOrder:
    return CopyOrder(
        follow_id=follow.follow_id,
        leader_id=fill.account_id,
        fill_id=fill.fill_id,
        leg=leg,
        account_id=follow.account_id,
        owner=follow.owner,
        venue=follow.venue,
        symbol=copied_symbol(fill, follow) or fill.symbol,
        position_side=mirrored(fill.position_side, follow.rules),
        reference_price=fill.price,
        traded_ms=fill.traded_ms,
        seen_ms=fill.seen_ms,
        decided_ms=now_ms,
        expires_ms=fill.traded_ms + follow.rules.lateness_s * 1000,
        **decided,
    )
