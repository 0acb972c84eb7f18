"""Copies that are gone are bought back, if the follow wants that and its leader is still there."""

from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.admission import closed_hours
from pilotfish.domain.counterparts import barred, mirrored, scale
from pilotfish.domain.drift import Copy
from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.holdings import Held
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Line, Split, apply_fill, position_side_of, symbol_of
from pilotfish.domain.orders import CopyOrder, Leg, Reason
from pilotfish.domain.planning import planned, skipped
from pilotfish.domain.rule_choices import Size

RESTORED = "restored"
ZERO = Decimal(0)


def plan_restore(
    copy: Copy,
    before: Line,
    after: Line,
    leader: Held,
    instrument: Instrument,
    revision: int,
    now_ms: int,
) -> tuple[Line, CopyOrder]:
    """The line and the entry, or the skip that says why there is none.

    `before` has taken in what is booked, `after` is without what is gone: what its target lost by
    that is wanted back. The price is the leader's last one in the position; the order is a limit by
    `max_slippage`, below all caps, and is named after the ledger's revision.
    """
    wanted = before.target - after.target
    symbol = symbol_of(copy.key)
    theirs = copy.follow.leader_symbol(symbol)
    price = (leader.last_price or leader.entry_price or ZERO) / scale(theirs, symbol)
    fill = _as_a_fill(copy, wanted, price, revision, now_ms)
    rules = replace(copy.follow.rules, better_by=None)
    bar = copy.follow.bar or barred(theirs, symbol, rules) or closed_hours(rules, now_ms)
    if bar or not wanted or not price:
        reason = bar or (Reason.NO_REFERENCE_PRICE if wanted else Reason.CLOSED_SINCE)
        return after, skipped(fill, copy.follow, Leg.ENTRY, reason, now_ms)
    # It is in the follower's size already.
    rules = replace(rules, size=Size.EXACT, multiplier=Decimal(1), reverse=False)
    line, [(leg, decision)] = apply_fill(
        after, fill, Split(ZERO, wanted), rules, instrument, copy.booked
    )
    follow = replace(copy.follow, rules=replace(copy.follow.rules, better_by=None))
    return line, planned(fill, follow, instrument, line, leg, decision, now_ms)


def _as_a_fill(copy: Copy, wanted: Decimal, price: Decimal, revision: int, now_ms: int) -> Fill:
    follow, held = copy.follow, wanted or copy.booked.copied
    return Fill(
        account_id=follow.leader_id,
        venue=follow.venue,
        symbol=follow.leader_symbol(symbol_of(copy.key)),
        trade_id=f"{RESTORED}~{revision}",
        order_id="",
        side=Side.BUY if held > 0 else Side.SELL,
        position_side=mirrored(position_side_of(copy.key), follow.rules),
        price=price,
        quantity=abs(wanted),
        traded_ms=now_ms,
        seen_ms=now_ms,
    )
