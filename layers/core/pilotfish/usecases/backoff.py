"""How long to wait before something that failed is tried again."""

from collections.abc import Callable

from pilotfish.domain.errors import NotSent, VenueError

# Twice as often as any limit needs to be doubled.
_DOUBLINGS = 16


class Backoff:
    """Full jitter: each wait is anywhere below a limit that doubles with every failure in a row.

    Those whom one outage hits do not come back together. `random` is uniform in [0, 1).
    """

    def __init__(self, least_s: float, most_s: float, random: Callable[[], float]) -> None:
        self._least_s = least_s
        self._most_s = most_s
        self._random = random
        self._failures = 0

    def failed(self, trouble: VenueError) -> float:
        """Seconds to wait now, and no less than a venue told us to."""
        limit_s = min(self._most_s, self._least_s * 2.0**self._failures)
        self._failures = min(self._failures + 1, _DOUBLINGS)
        told_s = trouble.wait_s if isinstance(trouble, NotSent) else 0.0
        return max(told_s, self._random() * limit_s)

    def worked(self) -> None:
        """The next failure is the first one in a row."""
        self._failures = 0
