"""Find what a lost trigger left behind. The tables are the truth, the streams only the doorbell."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pilotfish.ports import Clock, Fills, Orders, Retries
from pilotfish.usecases.map_fill import MapFill

# Longer than a healthy worker needs, its timeout included.
PATIENCE_MS = 30_000

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much had been left behind, and for how much of it this pass could do nothing."""

    fills: int
    orders: int
    failed: int = 0


class Sweep:
    """Decides forgotten fills and starts the saga for orders that stopped moving."""

    def __init__(
        self, *, fills: Fills, orders: Orders, map_fill: MapFill, retries: Retries, clock: Clock
    ) -> None:
        self._fills = fills
        self._orders = orders
        self._map_fill = map_fill
        self._retries = retries
        self._clock = clock

    def __call__(self, patience_ms: int = PATIENCE_MS) -> Swept:
        """One pass; running it beside the mapper and the executor is harmless.

        `patience_ms` is how long something may rest before it counts as left behind.
        """
        before_ms = self._clock() - patience_ms
        fills = self._fills.undecided(before_ms)
        failed = _each(self._map_fill, fills)
        orders = self._orders.stale(before_ms)
        failed += _each(self._retries.start, orders)
        return Swept(len(fills), len(orders), failed)


def _each(work: Callable[[T], None], found: Iterable[T]) -> int:
    """Whatever one of them raises, the others have their turn; returns how many failed."""
    failed = 0
    for one in found:
        try:
            work(one)
        except Exception:
            failed += 1
            logger.exception("left behind once more: %r", one)
    return failed
