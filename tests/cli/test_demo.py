"""`pilotfish demo` runs the whole job and counts the venue's own book."""

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from .conftest import SHARED_TRADES, Run

pytestmark = pytest.mark.e2e


def test_forty_fills_reach_ten_followers_once_each(pilotfish: Callable[..., Run]) -> None:
    run = pilotfish("demo", "--leaders", 1, "--followers", 10, "--fills", 40, "--json")

    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert _counts(summary) == {"fills": 40, "copies": 400, "missing": 0, "doubled": 0}
    for follower in ("first_follower", "last_follower"):
        latency = summary["latency_ms"][follower]
        assert 0 < latency["p50"] <= latency["p95"] <= latency["max"]
    assert summary["latency_ms"]["first_follower"]["p50"] <= _last(summary)["p50"]
    assert summary["websocket"] == {"fills": 40, "copies": 400, "changes": 1200, "unseen": 0}
    assert summary["iam_enforced"] is True
    assert summary["warm_up_not_counted"]["copies"] == 2
    assert len(summary["profit"]) == 11
    assert "warming up" in run.stderr
    assert "not counted" in run.stderr


def test_recorded_trades_are_the_market(
    pilotfish: Callable[..., Run], recording: tuple[Path, Decimal, Decimal]
) -> None:
    path, lowest, highest = recording

    run = pilotfish(
        "demo", "--followers", 2, "--fills", 6, "--pause", 0, "--json", "--replay", path
    )

    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert _counts(summary) == {"fills": 6, "copies": 12, "missing": 0, "doubled": 0}
    assert path.name in summary["market"]
    assert list(summary["prices"]) == ["BTC/USDT:USDT"]
    paid = summary["prices"]["BTC/USDT:USDT"]
    tolerance = lowest / 1000  # A market order pays the spread and walks the book.
    assert lowest - tolerance <= Decimal(paid["low"])
    assert Decimal(paid["high"]) <= highest + tolerance


@pytest.fixture(params=["recorded", "made up"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Decimal, Decimal]:
    """A recording, its lowest price and its highest."""
    if request.param == "made up":
        return _made_up(tmp_path / "BTCUSDT-trades-2024-08-08.csv")
    if not SHARED_TRADES.exists():
        pytest.skip("no recorded trades beside this checkout")
    with gzip.open(SHARED_TRADES, "rt") as lines:
        header = next(lines).strip().split(",")
        prices = [Decimal(line.split(",")[header.index("price")]) for line in lines]
    return SHARED_TRADES, min(prices), max(prices)


def _made_up(path: Path) -> tuple[Path, Decimal, Decimal]:
    """In the format of Binance's public files, at prices far from those of the random walk."""
    prices = [Decimal("41000.0") + n % 7 for n in range(3000)]
    rows = ["id,price,qty,quote_qty,time,is_buyer_maker"]
    for n, price in enumerate(prices):
        rows.append(f"{n},{price},0.010,{price / 100},{1723075200000 + 100 * n},{n % 2 == 0}")
    path.write_text("\n".join(rows), encoding="utf-8")
    return path, min(prices), max(prices)


def _counts(summary: dict[str, Any]) -> dict[str, int]:
    return {name: summary[name] for name in ("fills", "copies", "missing", "doubled")}


def _last(summary: dict[str, Any]) -> dict[str, float]:
    last: dict[str, float] = summary["latency_ms"]["last_follower"]
    return last
