"""When a follow enters: hours of the week and periods without, all in UTC."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
MINUTE_MS = 60_000
# 1 January 1970 was a Thursday.
EPOCH_MIN = 3 * DAY_MIN

_WINDOW = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? )?"
    r"(?P<from_h>\d\d):(?P<from_m>\d\d)-(?P<to_h>\d\d):(?P<to_m>\d\d)"
)


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of each of some days (Monday is 0); one that ends before it begins goes on."""

    days: frozenset[int]
    begins: int
    ends: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of the week (Monday 00:00 is 0) lies in it."""
        day, of_day = divmod(minute, DAY_MIN)
        if self.begins < self.ends:
            return day in self.days and self.begins <= of_day < self.ends
        today = day in self.days and of_day >= self.begins
        return today or ((day - 1) % 7 in self.days and of_day < self.ends)


@lru_cache(maxsize=1_000)
def window(text: str) -> Window:
    """`08:00-17:30`, `mon-fri 08:00-17:30`, `sun 22:00-02:00`; raises `ValueError`."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(f"a window is like mon-fri 08:00-17:30 (UTC), not {text}")
    first, last = found["first"], found["last"] or found["first"]
    if first and not {first, last} <= {*DAYS}:
        raise ValueError(f"days are {', '.join(DAYS)}: {text} has another")
    begins = _minute(text, found["from_h"], found["from_m"])
    ends = _minute(text, found["to_h"], found["to_m"])
    if begins in {ends, DAY_MIN}:
        raise ValueError(f"{text} is no time at all; all day is 00:00-24:00")
    return Window(_days(first, last), begins, ends)


def _minute(text: str, hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > DAY_MIN:
        raise ValueError(f"times are from 00:00 to 24:00: {text} has another")
    return found


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None or last is None:
        return frozenset(range(7))
    begins, ends = DAYS.index(first), DAYS.index(last)
    return frozenset(day % 7 for day in range(begins, (ends if ends >= begins else ends + 7) + 1))


@lru_cache(maxsize=1_000)
def period(text: str) -> tuple[int, int]:
    """`2026-12-24T12:00Z/2026-12-27T00:00Z` as UTC ms, the end not in it; raises `ValueError`."""
    begins, slash, ends = text.partition("/")
    try:
        found = _utc_ms(begins), _utc_ms(ends)
    except ValueError:
        found = None
    if not slash or found is None:
        raise ValueError(f"a period is like 2026-12-24T12:00Z/2026-12-27T00:00Z, not {text}")
    if found[0] >= found[1]:
        raise ValueError(f"{text} ends before it begins")
    return found


def _utc_ms(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC).timestamp()) * 1000


def within_hours(windows: Iterable[str], at_ms: int) -> bool:
    """Whether a time (UTC ms) lies in one of the windows; without any it always does."""
    minute = (at_ms // MINUTE_MS + EPOCH_MIN) % WEEK_MIN
    found = [window(text) for text in windows]
    return not found or any(one.holds(minute) for one in found)


def blacked_out(periods: Iterable[str], at_ms: int) -> bool:
    """Whether a time (UTC ms) lies in one of the periods."""
    return any(begins <= at_ms < ends for begins, ends in map(period, periods))
