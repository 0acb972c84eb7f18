"""An account's request budget.

ccxt's own throttler refills only while somebody waits: the second request of an account pays for
the first in full, however long ago that was. This one refills by the clock.
"""

from collections.abc import Callable
from time import monotonic


class Bucket:
    """A token bucket that starts full: `capacity` tokens at once, then `per_second`."""

    def __init__(
        self, per_second: float, capacity: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._per_second = per_second
        self._capacity = capacity
        self._clock = clock
        self._tokens = capacity
        self._read_at = clock()

    def take(self, cost: float) -> float:
        """Spend `cost` now, into debt if need be, and return how many seconds to wait."""
        now = self._clock()
        refilled = self._tokens + (now - self._read_at) * self._per_second
        self._tokens = min(self._capacity, refilled) - cost
        self._read_at = now
        return max(0.0, -self._tokens / self._per_second)

    def headroom(self) -> float:
        """The part of the budget that is there now, from 0 to 1."""
        refilled = self._tokens + (self._clock() - self._read_at) * self._per_second
        return max(0.0, min(1.0, refilled / self._capacity))

    def give_back(self, cost: float) -> None:
        """Undo a `take` whose request is not made."""
        self._tokens += cost
