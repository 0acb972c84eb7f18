"""The one place that asks what time it is."""

import time


def utc_ms() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000
