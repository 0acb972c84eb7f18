"""Sees each request leave, and says which invariant it breaks."""

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.domain.venues import OrderRequest
from tests.matrix.workers import at_work

if TYPE_CHECKING:
    from tests.matrix.world import World

ZERO = Decimal(0)


class Witness:
    """What must hold at the moment of a send cannot be told afterwards."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.broken: list[tuple[int, str]] = []
        self.stopped_ms: dict[str, int] = {}
        self.sent: dict[str, int] = defaultdict(int)

    def say(self, invariant: int, what: str) -> None:
        """Note that an invariant is broken."""
        self.broken.append((invariant, what))

    def sends(self, order: CopyOrder, request: OrderRequest) -> None:
        self.sent[order.order_id] += 1
        if (order.state, order.sent_ms) != (State.SENT, request.claimed_ms):
            self.say(2, f"{order.order_id} left without its claim: it is {order.state}")
        if self.sent[order.order_id] > order.attempts:
            self.say(3, f"{order.order_id} left {self.sent[order.order_id]} times on one claim")
        if request.reduce_only:
            self._exit(order, request)
        else:
            self._entry(order, request)

    def _exit(self, order: CopyOrder, request: OrderRequest) -> None:
        """By the book: what entries opened on the side that it closes, less what exits closed.

        And less what other exits may close that left and are not in the book yet.
        """
        copied, ours = ZERO, {o.client_order_id: o for o in self._world.tables.orders.values()}
        for entry in self._world.venue_of(order).book:
            other = ours[entry.request.client_order_id]
            leg = other.leg if other.follow_id == order.follow_id else None
            if leg is Leg.EXIT and entry.request.side is request.side:
                copied -= entry.filled
            if leg is Leg.ENTRY and entry.request.side is not request.side:
                copied += entry.filled
        in_book = {entry.request.client_order_id for entry in self._world.venue_of(order).book}
        copied -= sum(
            abs(other.in_flight)
            for other in ours.values()
            if (other.follow_id, other.leg, other.side) == (order.follow_id, Leg.EXIT, request.side)
            and other.client_order_id not in in_book | {request.client_order_id}
        )
        if not 0 < request.quantity <= min(copied, order.quantity):
            self.say(5, f"{order.order_id} asks to close {request.quantity} of {copied}")

    def _entry(self, order: CopyOrder, request: OrderRequest) -> None:
        if order.sent_ms - at_work().skew_ms > order.expires_ms + abs(at_work().skew_ms):
            self.say(10, f"{order.order_id} left {order.sent_ms - order.expires_ms} ms late")
        stopped_ms = self.stopped_ms.get(order.follow_id)
        if stopped_ms is not None and order.sent_ms - at_work().skew_ms > stopped_ms:
            self.say(12, f"{order.order_id} was claimed after the stop")
        follow = self._world.tables.follows[order.leader_id, order.follow_id]
        most = follow.rules.max_position_notional
        held = self._world.copies(order.follow_id) + request.side.sign * request.quantity
        if most is not None and abs(held) * order.reference_price > most:
            self.say(11, f"{order.order_id} makes it {held}, the cap is {most}")

    def check_drift(self) -> None:
        """In between, while the leader holds something."""
        from tests.matrix import invariants

        self.broken += [(7, text) for text in invariants.no_drift(self._world)]
        self.broken += [(6, text) for text in invariants.targets_are_exact(self._world)]
