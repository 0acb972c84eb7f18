"""Entries that wait until their market is at a better price than their leader's.

One that waits is in its line's target and is not ordered: exits take the leader's fraction of it as
of everything else, close nothing for it, and never wait for it. It becomes an order like any other
when its price is there, or ends; either is decided on the ledger's next revision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Line
from pilotfish.domain.orders import CopyOrder, Reason, State, effect
from pilotfish.domain.rule_choices import AfterWait
from pilotfish.domain.sizing import in_lots, least_lots, least_price, slipped_price
from pilotfish.domain.tickers import Ticker

ZERO = Decimal(0)
# Shares are rounded in their 28th digit.
NOTHING = Decimal("1e-18")
# A price without an offer beside it is a trade, and says nothing after a while.
LAST_TRADE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of an order that waits, and its follow's line then."""

    before: CopyOrder
    after: CopyOrder
    line: Line


def wait_of(fill: Fill, follow: Follow, side: Side, instrument: Instrument) -> dict[str, Any]:
    """What an entry has to know to wait; `fill` is the leader's, in the follower's units."""
    rules = follow.rules
    least = least_price(rules, side, fill.price, instrument)
    at_market = rules.after_wait is AfterWait.MARKET
    return {
        "state": State.WAITING,
        "waits_until_ms": fill.traded_ms + rules.wait_s * 1000,
        "waits_in": f"{fill.symbol}#{fill.position_side}#{follow.shard}",
        "last_limit": slipped_price(rules, side, fill.price, instrument) if at_market else None,
        "least": least_lots(least, instrument) if least else ZERO,
    }


def next_step(
    order: CopyOrder, line: Line, follow: Follow | None, ticker: Ticker | None, now_ms: int
) -> Step | None:
    """What becomes of an order that waits, by its follow's line and its market; None: it waits on.

    Time is up before a price counts.
    """
    reason = _bar(order, line, follow)
    if reason is not None:
        return _step(order, line, _ended(order, State.SKIPPED, reason, now_ms))
    left = order.quantity * line.kept / order.kept
    lots = in_lots(left, order.lot) if order.lot else left
    over = now_ms >= order.waits_until_ms
    if not lots or lots < min(order.least, order.quantity):
        return _step(order, line, _ended(order, State.SKIPPED, Reason.BELOW_MINIMUM, now_ms))
    if over and order.last_limit is None:
        after = _ended(order, State.EXPIRED, Reason.PRICE_NOT_REACHED, now_ms)
        return _step(order, line, after)
    if not over and not reached(order, ticker, now_ms):
        return None
    since_ms = order.waits_until_ms if over else now_ms
    after = replace(
        order,
        state=State.PLANNED,
        quantity=lots,
        kept=line.kept,
        limit_price=order.last_limit if over else order.limit_price,
        expires_ms=since_ms + order.expires_ms - order.traded_ms,
    )
    if after.late(now_ms):
        after = _ended(order, State.EXPIRED, Reason.LATE, now_ms)
    return _step(order, line, after)


def reached(order: CopyOrder, ticker: Ticker | None, now_ms: int) -> bool:
    """Whether the market would give the order its price now.

    Where no ask or bid is told, a trade of the last minute beyond the price says so: one at it may
    have been with a bid. The order goes out with its limit, whatever the ticker says.
    """
    if ticker is None or order.limit_price is None:
        return False
    sign, limit = order.side.sign, order.limit_price
    offered = ticker.ask if order.side is Side.BUY else ticker.bid
    if offered:
        return sign * (limit - offered) >= ZERO
    fresh = ticker.last and now_ms - ticker.at_ms <= LAST_TRADE_MS
    return bool(fresh) and sign * (limit - (ticker.last or limit)) > ZERO


def by_follow(steps: Mapping[str, Step], before: Mapping[str, Line]) -> dict[str, Line]:
    """The lines of a ledger after a step of each of these follows."""
    return {**before, **{follow_id: step.line for follow_id, step in steps.items()}}


def _bar(order: CopyOrder, line: Line, follow: Follow | None) -> Reason | None:
    """Why it is not wanted any more, whatever the market does."""
    if follow is None or follow.started_ms > order.decided_ms:
        return Reason.FOLLOW_STOPPED
    return follow.bar or (Reason.CLOSED_SINCE if line.round_trip != order.round_trip else None)


def _ended(order: CopyOrder, state: State, reason: Reason, now_ms: int) -> CopyOrder:
    return replace(order, state=state, reason=reason, answered_ms=now_ms)


def _step(order: CopyOrder, line: Line, after: CopyOrder) -> Step:
    """It is ordered now, or missed as an order that lapses is: the line takes that in at once."""
    same_trip = line.round_trip == order.round_trip
    if same_trip:
        waiting = line.waiting - order.share
        line = replace(line, waiting=waiting if abs(waiting) > NOTHING else ZERO)
    if not after.state.terminal:
        ordered = line.ordered + order.side.sign * after.quantity
        return Step(order, after, replace(line, ordered=ordered))
    change = effect(after)
    line = replace(line, missed=replace(line.missed, entry=line.missed.entry + change.missed))
    if same_trip:
        line = replace(line.without(order.share), lapsed=line.lapsed + change.lapsed)
    return Step(order, after, line)
