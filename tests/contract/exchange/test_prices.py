"""Prices: a walk that a seed decides, and recordings in both layouts."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from pilotfish_local.exchange import ModelExchange, Options
from pilotfish_local.exchange.engine.prices import RandomWalk, Replay, read_trades, symbol_of

PUBLIC = """1,100.1,1,100.1,1000,true
2,100.2,1,100.2,1500,false
3,99.9,1,99.9,1600,true
4,100.5,1,100.5,3000,false
"""
RECORDED = """local_ns,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker
1,1000,1000,1,100.1,1,1
1,1500,1500,2,100.2,1,0
"""


def walk(seed, ticks):
    source = RandomWalk(seed, Decimal(60000), Decimal("0.1"))
    return [source.advance(0.1).last for _ in range(ticks)]


def test_a_walk_depends_on_seed_and_ticks_alone():
    assert walk("7", 50) == walk("7", 50)
    assert walk("7", 50) != walk("8", 50)
    assert len(set(walk("7", 50))) > 25
    assert all(price % Decimal("0.1") == 0 for price in walk("7", 50))


def test_two_exchanges_of_a_seed_agree():
    prices = []
    for _ in range(2):
        engine = ModelExchange(seed=3).exchange.engine
        for _ in range(20):
            engine.tick(0.1)
        prices.append({key: market.last for key, market in engine.markets.items()})
    assert prices[0] == prices[1]


@pytest.mark.parametrize("header", ["", "id,price,qty,quote_qty,time,is_buyer_maker\n"])
def test_binances_public_format(tmp_path: Path, header):
    path = tmp_path / "BTCUSDT-trades-2024-08-08.csv"
    path.write_text(header + PUBLIC)
    trades = list(read_trades(path))
    assert [(t.at_ms, t.price) for t in trades][:2] == [
        (1000, Decimal("100.1")),
        (1500, Decimal("100.2")),
    ]
    assert symbol_of(path) == (None, "BTC")


def test_the_recorders_format_gzipped(tmp_path: Path):
    path = tmp_path / "usdm_ethusdt_20240808.trades.csv.gz"
    path.write_bytes(gzip.compress(RECORDED.encode()))
    assert [t.price for t in read_trades(path)] == [Decimal("100.1"), Decimal("100.2")]
    assert symbol_of(path) == ("binanceusdm", "ETH")


def test_microseconds_are_understood(tmp_path: Path):
    path = tmp_path / "BTCUSDT-trades-2025-01-01.csv"
    path.write_text("1,100.1,1,100.1,1735689600000123,true\n")
    assert next(read_trades(path)).at_ms == 1735689600000


def test_a_replay_keeps_the_pace_of_the_recording_times_its_speed(tmp_path: Path):
    path = tmp_path / "BTCUSDT-trades.csv"
    path.write_text(PUBLIC)
    replay = Replay(read_trades(path), speed=2)
    assert replay.advance(0.1).last == Decimal("100.1")
    move = replay.advance(0.25)
    assert (move.last, move.low, move.high) == (
        Decimal("99.9"),
        Decimal("99.9"),
        Decimal("100.2"),
    )
    assert replay.advance(0.1) is None
    assert replay.advance(10).last == Decimal("100.5")
    assert replay.advance(10) is None


def test_a_recording_drives_its_own_symbol_only(tmp_path: Path):
    path = tmp_path / "usdm_btcusdt.csv"
    path.write_text(PUBLIC)
    engine = ModelExchange(Options(replays=(path,))).exchange.engine
    engine.tick(0.01)
    assert engine.markets["binanceusdm", "BTCUSDT"].last == Decimal("100.1")
    assert engine.markets["binance", "BTCUSDT"].last > 1000


def test_a_name_that_says_no_symbol():
    with pytest.raises(ValueError, match="cannot tell"):
        symbol_of(Path("prices.csv"))
