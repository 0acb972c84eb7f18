"""Find what a lost trigger left behind. The tables are the truth, the streams only the doorbell."""

from dataclasses import dataclass

from pilotfish.ports import Clock, Fills, Orders, Retries
from pilotfish.usecases.map_fill import MapFill

# Longer than a healthy worker needs, its timeout included.
FILL_PATIENCE_MS = 10_000
ORDER_PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Swept:
    """How much had been left behind."""

    fills: int
    orders: int


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

    def __call__(self) -> Swept:
        """One pass; running it beside the mapper and the executor is harmless."""
        now_ms = self._clock()
        fills = self._fills.undecided(now_ms - FILL_PATIENCE_MS)
        for fill in fills:
            self._map_fill(fill)
        orders = self._orders.stale(now_ms - ORDER_PATIENCE_MS)
        for order in orders:
            self._retries.start(order)
        return Swept(len(fills), len(orders))
