"""One line of history for a leader's fill and a follower: what happened, when, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from pilotfish.domain.orders import CopyOrder, State


@dataclass(frozen=True, slots=True)
class Step:
    """The order came into a state, `after_ms` later than into the one before, in these words."""

    state: State
    at_ms: int
    after_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the audit shows of a copy order; quantities in base units, times in UTC ms.

    `seen_after_ms` counts from the leader's trade, `decided_after_ms` from when we saw it;
    `steps` go on from there. `took_ms` is all of it, from the trade to the last step.
    """

    order_id: str
    leader_id: str
    follow_id: str
    account_id: str
    owner: str
    fill_id: str
    client_order_id: str
    venue_order_id: str
    venue: str
    paper: bool
    symbol: str
    side: str
    leg: str
    state: State
    reason: str
    quantity: Decimal
    sent_quantity: Decimal
    filled_quantity: Decimal
    reference_price: Decimal
    average_price: Decimal
    limit_price: Decimal | None
    traded_ms: int
    seen_after_ms: int
    decided_after_ms: int
    took_ms: int
    attempts: int
    looks: int
    steps: tuple[Step, ...]

    @property
    def why(self) -> str:
        """The steps in one sentence: `seen +31 ms, PLANNED +4 ms, SENT +6 ms, COPIED +13 ms`."""
        return ", ".join([f"seen +{self.seen_after_ms} ms", *map(_told, self.steps)])


def line(order: CopyOrder) -> Line:
    """The line of an order as it is stored."""
    steps = tuple(_steps(order))
    return Line(
        order_id=order.order_id,
        leader_id=order.leader_id,
        follow_id=order.follow_id,
        account_id=order.account_id,
        owner=order.owner,
        fill_id=order.fill_id,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        venue=order.venue,
        paper=order.paper,
        symbol=order.symbol,
        side=order.side,
        leg=order.leg,
        state=order.state,
        reason=order.reason,
        quantity=order.quantity,
        sent_quantity=order.sent_quantity,
        filled_quantity=order.filled_quantity,
        reference_price=order.reference_price,
        average_price=order.average_price,
        limit_price=order.limit_price,
        traded_ms=order.traded_ms,
        seen_after_ms=order.seen_ms - order.traded_ms,
        decided_after_ms=order.decided_ms - order.seen_ms,
        took_ms=steps[-1].at_ms - order.traded_ms,
        attempts=order.attempts,
        looks=order.looks,
        steps=steps,
    )


def _steps(order: CopyOrder) -> Iterator[Step]:
    times = [order.seen_ms, *(event.at_ms for event in order.history)]
    for event, (before_ms, at_ms) in zip(order.history, pairwise(times), strict=True):
        yield Step(event.state, at_ms, at_ms - before_ms, event.reason)


def _told(step: Step) -> str:
    words = f" ({step.reason})" if step.reason else ""
    return f"{step.state} +{step.after_ms} ms{words}"
