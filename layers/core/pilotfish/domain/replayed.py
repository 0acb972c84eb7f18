"""What a replay told of orders."""

from collections.abc import Sequence
from dataclasses import dataclass

from pilotfish.domain.errors import PilotfishError
from pilotfish.domain.orders import State

OrderKey = tuple[str, str]
"""Follow id and order key."""


class NotReplayed(PilotfishError):
    """The replay did not answer in time, or failed: what came of it is in the orders."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order that was in this state, and why not more."""

    order_id: str
    was: State | None
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """When there is more, it failed from `more_since_ms` on."""

    orders: Sequence[Outcome]
    more_since_ms: int | None
