"""Ratios are those of `empyrical`: `make metrics` wrote down what it says of each series."""

import json
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from pilotfish.domain.performance import ratios

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))
NAMES = ("total_return", "max_drawdown", "volatility", "sharpe", "sortino")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("row", REFERENCE["series"], ids=lambda row: f"{len(row['returns'])} days")
def test_a_ratio_is_what_the_library_says(row: dict[str, Any], name: str) -> None:
    ours = getattr(ratios, name)(row["returns"])
    if row[name] is None:
        assert ours is None
    else:
        assert isclose(ours, row[name], rel_tol=1e-9, abs_tol=1e-12)


def test_the_series_are_of_many_kinds() -> None:
    lengths = [len(row["returns"]) for row in REFERENCE["series"]]
    assert len(lengths) == 40
    assert min(lengths) < 30
    assert max(lengths) > 300
    assert any(0.0 in row["returns"] for row in REFERENCE["series"])


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0]])
def test_a_series_that_says_nothing_has_no_ratio(returns: list[float]) -> None:
    assert ratios.sharpe(returns) is None
    assert ratios.sortino(returns) is None


def test_days_that_are_all_alike_deviate_by_nothing_that_floats_can_tell() -> None:
    assert ratios.sharpe([0.1, 0.1, 0.1]) is None


def test_who_never_lost_has_no_downside() -> None:
    assert ratios.sortino([0.01, 0.02]) is None
    assert ratios.max_drawdown([0.01, 0.02]) == 0
