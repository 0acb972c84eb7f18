"""The trimmed ccxt does for our venues what the whole one does, and loads nothing else."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.build.isolated import run

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(sysconfig.get_path("purelib"))
TRIM = ROOT / "layers/venue/trim"
PLANNED = [
    "bitget", "bybit", "coinbase", "gate", "htx", "kraken", "krakenfutures", "kucoin",
    "kucoinfutures", "mexc", "okx",
]  # fmt: skip

# `dir` lists unified methods, and those that ccxt makes of each endpoint of a venue's API.
DESCRIBE = """
import importlib
found = {}
for package in ("ccxt.async_support", "ccxt.pro"):
    module = importlib.import_module(package)
    for venue in args:
        if venue not in module.exchanges:
            continue
        exchange = getattr(module, venue)()
        found[f"{package}.{venue}"] = {
            "describe": exchange.describe(), "has": exchange.has, "options": exchange.options,
            "urls": exchange.urls, "rateLimit": exchange.rateLimit, "names": dir(exchange),
        }
print(json.dumps(found, default=lambda value: getattr(value, "__qualname__", repr(value))))
"""


def listed_venues() -> list[str]:
    lines = (TRIM / "venues.txt").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def test_each_venue_is_what_it_is_in_the_whole_package(venue: Path) -> None:
    venues = listed_venues()
    trimmed, whole = run(DESCRIBE, venue, args=venues), run(DESCRIBE, SITE, args=venues)
    assert {f"ccxt.async_support.{name}" for name in venues} <= set(trimmed)
    assert {"ccxt.pro.binance", "ccxt.pro.binanceusdm"} <= set(trimmed)
    assert set(trimmed) == set(whole)
    for name, facts in whole.items():
        assert facts["names"] == trimmed[name].pop("names"), name
        del facts["names"]
        assert facts == trimmed[name], name


def test_a_venue_is_loaded_when_it_is_first_used(venue: Path) -> None:
    program = """
import ccxt, ccxt.pro, ccxt.async_support
before = [m for m in sys.modules if "binance" in m or "base.exchange" in m]
ccxt.async_support.delta()
loaded = set(sys.modules)
print(json.dumps([before, sorted(loaded & {"ccxt.async_support.delta", "ccxt.async_support.binance",
                                           "ccxt.pro.binance", "requests"})]))
"""
    assert run(program, venue) == [[], ["ccxt.async_support.delta"]]


def test_a_class_is_reached_in_every_way_that_the_whole_package_has(venue: Path) -> None:
    program = """
import ccxt.async_support.binanceusdm as by_import
import ccxt.async_support, ccxt.pro
from ccxt.async_support import binanceusdm as by_name
from ccxt.async_support.binanceusdm import binanceusdm as by_module
print(json.dumps([isinstance(c, type) for c in (by_import, by_name, by_module, ccxt.pro.binance)]
    + [by_import is by_name is by_module is ccxt.async_support.binanceusdm]))
"""
    answers = run(program, venue)
    assert answers == run(program, SITE)
    assert all(answers)


def test_a_venue_left_out_is_named_in_the_error(venue: Path) -> None:
    program = """
import ccxt.async_support
try:
    ccxt.async_support.kraken
except AttributeError as error:
    print(json.dumps(str(error)))
"""
    error = run(program, venue)
    assert "'kraken'" in error
    assert "delta" in error


def test_errors_are_the_same_classes_everywhere(venue: Path) -> None:
    program = """
import ccxt, ccxt.async_support, ccxt.pro
from ccxt.base import errors
packages = (ccxt, ccxt.async_support, ccxt.pro)
print(json.dumps([p.RequestTimeout is errors.RequestTimeout for p in packages]))
"""
    assert run(program, venue) == [True, True, True]


@pytest.mark.slow
def test_venues_to_come_need_no_more_than_a_line_in_the_list(venue: Path, tmp_path: Path) -> None:
    ccxt = tmp_path / "ccxt"
    shutil.copytree(SITE / "ccxt", ccxt, ignore=shutil.ignore_patterns("*.pyc"))
    subprocess.run([sys.executable, TRIM / "trim_ccxt.py", ccxt, *PLANNED], check=True)
    found = run(DESCRIBE, tmp_path, venue, args=PLANNED)
    assert {f"ccxt.async_support.{name}" for name in PLANNED} <= set(found)
    assert {f"ccxt.pro.{name}" for name in PLANNED} <= set(found)


def test_a_venue_that_ccxt_does_not_know_stops_the_build(tmp_path: Path) -> None:
    ccxt = tmp_path / "ccxt"
    shutil.copytree(SITE / "ccxt", ccxt, ignore=shutil.ignore_patterns("*.pyc"))
    done = subprocess.run(
        [sys.executable, TRIM / "trim_ccxt.py", ccxt, "binnance"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "binnance" in done.stderr
    assert (ccxt / "async_support/binance.py").exists()
