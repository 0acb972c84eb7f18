"""The exchange's own clock, which may be told to be wrong."""

import time


class Clock:
    """Real nanoseconds, and each venue's idea of the time in milliseconds."""

    def __init__(self) -> None:
        self._offset_ms: dict[str, int] = {}

    def now_ns(self) -> int:
        """Real time, integer nanoseconds since 1970: what the book records."""
        return time.time_ns()

    def now_ms(self, venue: str) -> int:
        """What a venue says the time is."""
        return self.to_ms(venue, time.time_ns())

    def to_ms(self, venue: str, at_ns: int) -> int:
        """A moment of the book in a venue's time."""
        return at_ns // 1_000_000 + self._offset_ms.get(venue, 0)

    def to_us(self, venue: str, at_ns: int) -> int:
        """A moment of the book in a venue's time, in microseconds."""
        return at_ns // 1000 + self._offset_ms.get(venue, 0) * 1000

    def set_offset(self, venue: str, milliseconds: int) -> None:
        """Put a venue's clock ahead (positive) or behind."""
        self._offset_ms[venue] = milliseconds

    def offset_ms(self, venue: str) -> int:
        """How far a venue's clock is ahead."""
        return self._offset_ms.get(venue, 0)
