"""Equity curves and calendars out of days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.performance.days import Day, carried, day_after
from pilotfish.domain.performance.deals import ZERO


@dataclass(frozen=True, slots=True)
class Point:
    """The end of a UTC day: `equity` and `pnl` (that day's) in dollars, `drawdown` a fraction."""

    day: str
    pnl: Decimal
    equity: Decimal
    drawdown: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Day by day from the first one; `base` is what it began with."""

    base: Decimal
    points: tuple[Point, ...]

    @property
    def pnl(self) -> Decimal:
        """Of all its days."""
        return sum((point.pnl for point in self.points), ZERO)

    @property
    def roi(self) -> float | None:
        """None without a base."""
        return float(self.pnl / self.base) if self.base > ZERO else None

    @property
    def returns(self) -> list[float] | None:
        """Each day's on the equity that it began with; None where there was none at some time."""
        equities = [self.base, *(point.equity for point in self.points)]
        if min(equities) <= ZERO:
            return None
        return [
            float(point.pnl / equity) for point, equity in zip(self.points, equities, strict=False)
        ]

    @property
    def drawdown(self) -> float | None:
        """The deepest, more than 1 where more was lost than the base; None without a base."""
        return max((point.drawdown for point in self.points), default=0.0) if self.base else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days in a row, none missing, and the day before them (None: there was none)."""

    before: Day | None
    days: Sequence[Day]

    @property
    def profits(self) -> list[Decimal]:
        """Of each day: what was realized after fees, and what open positions gained."""
        gained, profits = self.before.unrealized if self.before else ZERO, []
        for day in self.days:
            profits.append(day.net + day.unrealized - gained)
            gained = day.unrealized
        return profits

    @property
    def base(self) -> Decimal:
        """The least capital that would have carried every position without borrowing."""
        earned, most = ZERO, self.before.employed if self.before else ZERO
        for day in self.days:
            most = max(most, day.need - earned)
            earned += day.net
        return most

    def curve(self) -> Curve:
        """From the base on."""
        base = self.base
        equity = highest = base
        points = []
        for day, pnl in zip(self.days, self.profits, strict=True):
            equity += pnl
            highest = max(highest, equity)
            fall = float((highest - equity) / highest) if highest > ZERO else 0.0
            points.append(Point(day.day, pnl, equity, fall))
        return Curve(base, tuple(points))


def stretch(days: Mapping[str, Day], first: str, last: str) -> Stretch:
    """From the first to the last day; a day that is missing had no deal, and no other price.

    Days before anything was traded are left out.
    """
    known = sorted(day for day in days if day <= last)
    before = next((days[day] for day in reversed(known) if day < first), None)
    at = first if before is not None else max([first, *known[:1]])
    found: list[Day] = []
    latest = before
    while known and at <= last:
        day = days.get(at)
        if day is None and latest is not None:
            day = carried(latest, at)
        if day is not None:
            found.append(day)
            latest = day
        at = day_after(at)
    return Stretch(before, found)
