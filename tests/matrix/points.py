"""The 7 points at which the 11 faults strike."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pilotfish.domain.orders import CopyOrder
from tests.fakes import ModelVenue
from tests.matrix.workers import Worker

if TYPE_CHECKING:
    from tests.matrix.world import World


class Point(StrEnum):
    """Where an order, a look or the poller stands."""

    BEFORE_CLAIM = "before the claim"
    CLAIMED = "claim to send"
    SENDING = "in the send"
    ANSWERED = "answer to record"
    RECORDED = "record to ack"
    RECONCILING = "in reconciliation"
    RENEWAL = "at lease renewal"


class Trouble(StrEnum):
    """What goes wrong."""

    CRASH = "crash"
    TIMEOUT_ACCEPTED = "timeout, accepted"
    TIMEOUT_LOST = "timeout, not accepted"
    DUPLICATE = "duplicate delivery"
    REORDERING = "reordering"
    THROTTLING = "throttling"
    SKEW = "clock skew"
    LAG = "look-ups that lag"
    BAN = "429/418"
    PARTIAL = "partial fill"
    POISON = "poison record"


@dataclass
class Hit:
    """A worker that arrives at a point, and `act`, what it is about to do there.

    `order` is the copy that it is about, None for the looks and renewals that concern no one copy.
    """

    world: "World"
    point: Point
    about: str
    order: CopyOrder | None
    worker: Worker
    act: Callable[[], Awaitable[Any]]

    @property
    def venue(self) -> ModelVenue:
        """Where the order goes."""
        assert self.order is not None
        return self.world.venues.of[self.order.account_id]  # type: ignore[return-value]

    @property
    def ahead(self) -> int:
        """+1 or -1: half of the followers' workers have a clock that is ahead."""
        return 1 if self.about[-1:] in "135" else -1
