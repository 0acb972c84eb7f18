"""What a follow owes its leader: a share of new profit, by month. No money is moved.

The result of a follow at the end of a month is all that it ever realized after fees, less what is
lost on open positions; open gains wait until they are realized. Only what is above the highest
result that was ever charged for is profit: a loss is made up for first, and nothing is charged
twice. What is corrected later moves the next statement, and never one that was made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from pilotfish.domain.performance.days import Day
from pilotfish.domain.performance.deals import ZERO

CENT = Decimal("0.01")


class BadShare(ValueError):
    """A share of profit that cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of a follow; money in dollars.

    `owner` is the follower's user, `leader_owner` the leader's; `share` is the leader's (0–1).
    `mark` is the high-water mark: the highest result that was charged for before the month.
    `closed` is false while the month runs: then it may yet change.
    """

    follow_id: str
    leader_id: str
    account_id: str
    owner: str
    month: str
    share: Decimal
    mark: Decimal
    result: Decimal
    made_ms: int
    closed: bool = True
    leader_owner: str = ""

    @property
    def profit(self) -> Decimal:
        """What is above the mark; never negative."""
        return max(ZERO, self.result - self.mark)

    @property
    def fee(self) -> Decimal:
        """The leader's share of it, in whole cents, never more than the share."""
        return (self.profit * self.share).quantize(CENT, ROUND_DOWN)

    @property
    def mark_after(self) -> Decimal:
        """The high-water mark of the next month."""
        return max(self.mark, self.result)


@dataclass(frozen=True, slots=True)
class Terms:
    """Between whom, and for what share (0–1) of profit."""

    follow_id: str
    leader_id: str
    account_id: str
    owner: str
    share: Decimal
    leader_owner: str = ""

    def __post_init__(self) -> None:
        if not (self.share.is_finite() and 0 <= self.share < 1):
            raise BadShare(f"a share of profit is from 0 to below 1, not {self.share}")


def month_of(day: str) -> str:
    """`2026-11` of `2026-11-21`."""
    return day[:7]


def month_after(month: str) -> str:
    """The next one."""
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def last_day(month: str) -> str:
    """The last day of a month."""
    first = date.fromisoformat(f"{month_after(month)}-01")
    return date.fromordinal(first.toordinal() - 1).isoformat()


def result_at(days: Mapping[str, Day], day: str) -> Decimal:
    """All that was realized until the end of a day, less what was lost on positions then open."""
    known = sorted(each for each in days if each <= day)
    realized = sum((days[each].net for each in known), ZERO)
    return realized + min(ZERO, days[known[-1]].unrealized) if known else ZERO


def statements(
    terms: Terms, days: Mapping[str, Day], made: Iterable[Statement], today: str, now_ms: int
) -> list[Statement]:
    """Those that are missing: of each month since the first trade, and of the one that runs.

    `made` are those of months that are over, which stay as they are.
    """
    before = sorted(made, key=lambda each: each.month)
    mark = max((each.mark_after for each in before), default=ZERO)
    if before:
        month = month_after(before[-1].month)
    elif days:
        month = month_of(min(days))
    else:
        return []
    missing = []
    while month <= month_of(today):
        closed = month < month_of(today)
        end = last_day(month) if closed else today
        missing.append(
            Statement(
                follow_id=terms.follow_id,
                leader_id=terms.leader_id,
                account_id=terms.account_id,
                owner=terms.owner,
                month=month,
                share=terms.share,
                mark=mark,
                result=result_at(days, end),
                made_ms=now_ms,
                closed=closed,
                leader_owner=terms.leader_owner,
            )
        )
        mark = missing[-1].mark_after
        month = month_after(month)
    return missing
