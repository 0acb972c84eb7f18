"""Figures of a series of daily returns, as fractions (0.01 is 1 %), in floating point.

A ratio is for people to compare, and a float tells it to fifteen digits; money is never a float.
Definitions are those of `empyrical`, with 365 days to a year, since crypto never closes, and a
risk-free rate of 0: docs/track-records.md. None is a figure that the series does not give.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import fsum, prod, sqrt

DAYS_A_YEAR = 365

# Below this a deviation is what floats leave of none at all.
NO_DEVIATION = 1e-12


def total_return(returns: Iterable[float]) -> float:
    """Compounded: 0.1 and then 0.1 are 0.21."""
    return prod(1 + each for each in returns) - 1


def max_drawdown(returns: Sequence[float]) -> float:
    """The deepest fall from the highest point before it, as a positive fraction of that point."""
    highest, deepest = 1.0, 0.0
    for worth in accumulate(returns, lambda worth, each: worth * (1 + each), initial=1.0):
        highest = max(highest, worth)
        deepest = max(deepest, 1 - worth / highest if highest else 1.0)
    return deepest


def volatility(returns: Sequence[float]) -> float | None:
    """The yearly standard deviation, of the sample (n-1)."""
    deviation = _deviation(returns)
    return None if deviation is None else deviation * sqrt(DAYS_A_YEAR)


def sharpe(returns: Sequence[float]) -> float | None:
    """The mean by the standard deviation of the sample (n-1), of a year."""
    deviation = _deviation(returns)
    if deviation is None or deviation < NO_DEVIATION:
        return None
    return _mean(returns) / deviation * sqrt(DAYS_A_YEAR)


def sortino(returns: Sequence[float]) -> float | None:
    """The mean by the downside deviation (the root mean square of losses), of a year.

    All days count in the mean square, those without a loss as 0.
    """
    if len(returns) < 2:
        return None
    downside = sqrt(fsum(min(each, 0.0) ** 2 for each in returns) / len(returns))
    if downside < NO_DEVIATION:
        return None
    return _mean(returns) / downside * sqrt(DAYS_A_YEAR)


def _mean(returns: Sequence[float]) -> float:
    return fsum(returns) / len(returns)


def _deviation(returns: Sequence[float]) -> float | None:
    if len(returns) < 2:
        return None
    mean = _mean(returns)
    return sqrt(fsum((each - mean) ** 2 for each in returns) / (len(returns) - 1))
