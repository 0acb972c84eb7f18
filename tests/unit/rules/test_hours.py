"""Windows of the week and periods without entries, in UTC."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.hours import DAYS, blacked_out, period, window, within_hours


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "when", "holds"),
    [
        ("08:00-17:30", "2026-11-21T08:00", True),
        ("08:00-17:30", "2026-11-21T07:59:59.999", False),
        ("08:00-17:30", "2026-11-21T17:29:59.999", True),
        ("08:00-17:30", "2026-11-21T17:30", False),
        ("00:00-24:00", "2026-11-21T23:59:59.999", True),
        ("mon-fri 08:00-17:30", "2026-11-20T12:00", True),
        ("mon-fri 08:00-17:30", "2026-11-21T12:00", False),
        ("sat 08:00-17:30", "2026-11-21T12:00", True),
        ("fri-mon 08:00-17:30", "2026-11-22T12:00", True),
        ("fri-mon 08:00-17:30", "2026-11-24T12:00", False),
        ("22:00-02:00", "2026-11-21T01:59", True),
        ("22:00-02:00", "2026-11-21T02:00", False),
        ("sun 22:00-02:00", "2026-11-23T01:00", True),
        ("sun 22:00-02:00", "2026-11-22T01:00", False),
    ],
)
def test_a_window_holds_its_minutes(text: str, when: str, *, holds: bool) -> None:
    assert within_hours([text], at(when)) is holds


def test_without_windows_it_is_always_time_and_one_of_several_is_enough() -> None:
    now = at("2026-11-21T12:00")
    assert within_hours([], now)
    assert within_hours(["mon 08:00-09:00", "sat 12:00-12:01"], now)


@pytest.mark.parametrize(
    "text",
    [
        *("", "8:00-17:00", "08:00-17:60", "08:00-24:01", "24:00-08:00", "08:00-08:00"),
        *("day 08:00-17:00", "mon-xyz 08:00-17:00", "MON 08:00-17:00", "08:00 - 17:00"),
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"window|days|times|no time"):
        window(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-12-24", "2026-12-24T12:00Z", "2026-12-24T12:00/2026-12-25T12:00"),
        *("2026-12-25T12:00Z/2026-12-24T12:00Z", "2026-12-24T12:00Z/2026-12-24T12:00Z"),
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"period|ends before"):
        period(text)


def test_a_blackout_has_its_beginning_and_not_its_end() -> None:
    christmas = ["2026-12-24T12:00Z/2026-12-27T00:00Z"]
    when = ["2026-12-24T11:59:59.999", "2026-12-24T12:00", "2026-12-27T00:00"]
    assert [blacked_out(christmas, at(each)) for each in when] == [False, True, False]


minutes = st.integers(0, 24 * 60 - 1)


@given(st.integers(0, 10**13), minutes, minutes, st.sampled_from(DAYS), st.sampled_from(DAYS))
def test_a_window_and_what_is_outside_of_it_are_all_the_time_there_is(
    now: int, begins: int, ends: int, first: str, last: str
) -> None:
    if begins == ends:
        return
    inside = f"{begins // 60:02}:{begins % 60:02}-{ends // 60:02}:{ends % 60:02}"
    outside = f"{ends // 60:02}:{ends % 60:02}-{begins // 60:02}:{begins % 60:02}"
    assert within_hours([inside], now) is not within_hours([outside], now)
    assert within_hours([inside], now) or not within_hours([f"{first}-{last} {inside}"], now)
