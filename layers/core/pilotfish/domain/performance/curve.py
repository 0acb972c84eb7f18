"""Equity curves out of days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pilotfish.domain.performance.days import Day, carried, day_after
from pilotfish.domain.performance.deals import ZERO


class Basis(StrEnum):
    """What a return is a fraction of.

    EQUITY is what the account was worth, as its venue told it each day. Where that is not known of
    every day, CAPITAL is the least that would have carried every position without borrowing.
    """

    EQUITY = "equity"
    CAPITAL = "capital"


@dataclass(frozen=True, slots=True)
class Point:
    """The end of a UTC day: `equity` and `pnl` (that day's) in dollars, `drawdown` a fraction."""

    day: str
    pnl: Decimal
    equity: Decimal
    drawdown: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Day by day from the first one; `base` is what the return of all of them is a fraction of.

    `returns` are each day's, of what the day began with; None where that was nothing.
    """

    basis: Basis
    base: Decimal
    points: tuple[Point, ...]
    returns: tuple[float, ...] | None

    @property
    def pnl(self) -> Decimal:
        """Of all its days."""
        return sum((point.pnl for point in self.points), ZERO)

    @property
    def roi(self) -> float | None:
        """None without a base."""
        return float(self.pnl / self.base) if self.base > ZERO else None

    @property
    def drawdown(self) -> float | None:
        """The deepest, more than 1 where more was lost than the base; None without a base."""
        if self.base <= ZERO:
            return None
        return max((point.drawdown for point in self.points), default=0.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days in a row, none missing, and the day before them (None: there was none)."""

    before: Day | None
    days: Sequence[Day]

    @property
    def profits(self) -> list[Decimal]:
        """Of each day."""
        return [day.pnl for day in self.days]

    @property
    def capital(self) -> Decimal:
        """The least capital that would have carried every position without borrowing."""
        earned, most = ZERO, self.before.employed if self.before else ZERO
        for day in self.days:
            # What a day paid beside its trades may have been paid before any of them.
            most = max(most, day.need - min(ZERO, day.beside) - earned)
            earned += day.net
        return most

    def curve(self) -> Curve:
        """On equity if it is known of every day, else on capital."""
        equities = [day.equity for day in self.days if day.equity is not None and day.equity > ZERO]
        if self.days and len(equities) == len(self.days):
            return self._on_equity(equities)
        return self._on_capital()

    def _on_equity(self, equities: Sequence[Decimal]) -> Curve:
        """What was paid in or out between two days counts in the base for the days it was there.

        The drawdown is that of the returns, so that money which leaves is no loss.
        """
        profits, n = self.profits, len(equities)
        base = equities[0]
        for number in range(n - 1):
            paid_in = equities[number + 1] - equities[number] - profits[number]
            base += paid_in * (n - 1 - number) / n
        returns = tuple(float(pnl / equity) for pnl, equity in zip(profits, equities, strict=True))
        falls = _falls(returns)
        points = tuple(
            Point(day.day, pnl, equity + pnl, fall)
            for day, pnl, equity, fall in zip(self.days, profits, equities, falls, strict=True)
        )
        return Curve(Basis.EQUITY, base, points, returns)

    def _on_capital(self) -> Curve:
        base = equity = highest = self.capital
        points, returns = [], []
        for day, pnl in zip(self.days, self.profits, strict=True):
            if equity > ZERO:
                returns.append(float(pnl / equity))
            equity += pnl
            highest = max(highest, equity)
            fall = float((highest - equity) / highest) if highest > ZERO else 0.0
            points.append(Point(day.day, pnl, equity, fall))
        whole = len(returns) == len(points)
        return Curve(Basis.CAPITAL, base, tuple(points), tuple(returns) if whole else None)


def _falls(returns: Sequence[float]) -> Iterator[float]:
    """How far below the highest point before, after each day."""
    worth = highest = 1.0
    for each in returns:
        worth *= 1 + each
        highest = max(highest, worth)
        yield 1 - worth / highest


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
