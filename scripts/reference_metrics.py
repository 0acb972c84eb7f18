"""Ratios of daily returns as `empyrical` has them: `make metrics`.

Writes `tests/unit/performance/reference.json`, which the tests compare ours with, and compares ours
with it on thousands of series more. It runs in an environment of its own: numpy, pandas and scipy
are more than all else together that a laptop needs for Pilotfish.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from math import isclose
from pathlib import Path
from typing import Any

import empyrical  # type: ignore[import-not-found]
import numpy as np  # type: ignore[import-not-found]

from pilotfish.domain.performance import ratios

FILE = Path(__file__).resolve().parents[1] / "tests/unit/performance/reference.json"
KEPT, COMPARED, LONGEST = 40, 4_000, 400
YEAR = ratios.DAYS_A_YEAR

THEIRS: dict[str, Callable[[Any], Any]] = {
    "total_return": empyrical.cum_returns_final,
    "max_drawdown": lambda returns: -empyrical.max_drawdown(returns),
    "volatility": lambda returns: empyrical.annual_volatility(returns, annualization=YEAR),
    "sharpe": lambda returns: empyrical.sharpe_ratio(returns, annualization=YEAR),
    "sortino": lambda returns: empyrical.sortino_ratio(returns, annualization=YEAR),
}


def series(draw: random.Random) -> list[float]:
    """Days of a trader: quiet, wild, lucky, or without a trade for most of them."""
    days, spread = draw.randint(1, LONGEST), draw.choice([0.001, 0.01, 0.05, 0.2])
    idle, drift = draw.choice([0.0, 0.0, 0.7]), draw.uniform(-0.3, 0.3) * spread
    return [
        0.0 if draw.random() < idle else round(max(-0.95, draw.gauss(drift, spread)), 6)
        for _ in range(days)
    ]


def answers(returns: Sequence[float]) -> dict[str, float | None]:
    """None for what is no number: too few days, or no deviation at all."""
    found = {name: float(theirs(np.array(returns))) for name, theirs in THEIRS.items()}
    return {name: value if np.isfinite(value) else None for name, value in found.items()}


def differs(returns: Sequence[float]) -> list[str]:
    """The names of those that ours says otherwise."""
    wrong = []
    for name, theirs in answers(returns).items():
        ours = getattr(ratios, name)(returns)
        if theirs is None or ours is None:
            # Over one day, and where floats leave a deviation of nothing, neither is of use.
            same = ours is None
        else:
            same = isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
        if not same:
            wrong.append(f"{name}: {ours} is {theirs} there")
    return wrong


def main() -> int:
    """Exit code 1 where one differs."""
    draw = random.Random(7)  # noqa: S311
    kept = [series(draw) for _ in range(KEPT)]
    rows = [{"returns": returns, **answers(returns)} for returns in kept]
    text = json.dumps({"empyrical": empyrical.__version__, "series": rows}, separators=(",", ":"))
    FILE.write_text(text.replace('{"returns"', '\n{"returns"') + "\n", encoding="utf-8")
    for number in range(COMPARED):
        if wrong := differs(series(draw)):
            print(f"series {number}: {'; '.join(wrong)}", file=sys.stderr)
            return 1
    print(f"{KEPT} series kept, {COMPARED} more compared with empyrical {empyrical.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
