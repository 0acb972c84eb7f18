"""What is in a wallet, in dollars."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import Position
from pilotfish.domain.wallets import OLD_MS, Wallet, in_derivatives, markets_needed

D = Decimal
NET = PositionSide.NET
NOTHING: dict[str, Decimal] = {}


def wallet(*positions: Position, at_ms: int = 1, prices: Any = None, **coins: str) -> Wallet:
    return Wallet(
        "acc",
        "bybit",
        at_ms,
        {coin: D(amount) for coin, amount in coins.items()},
        positions,
        {symbol: D(price) for symbol, price in (prices or {}).items()},
    )


def test_dollars_count_as_one_and_coins_at_their_price() -> None:
    held = wallet(USDT="1000", USDC="50", BTC="0.5", prices={"BTC/USDT": "60000"})
    assert held.worth(NOTHING.get).balance == 31_050
    assert held.worth({"BTC/USDT": D(70_000)}.get).balance == 36_050
    assert held.equity == 31_050


@pytest.mark.parametrize("market", ["BTC/USDT", "BTC/USDC", "BTC/USDT:USDT", "BTC/USD"])
def test_any_market_in_dollars_prices_a_coin(market: str) -> None:
    assert wallet(BTC="2", prices={market: "60000"}).equity == 120_000


def test_a_coin_without_a_price_is_named_and_not_counted() -> None:
    worth = wallet(USDT="10", FOO="999", EUR="5", prices={"FOO/BTC": "1"}).worth(NOTHING.get)
    assert (worth.balance, worth.unpriced) == (10, ("EUR", "FOO"))


def test_a_debt_is_taken_off() -> None:
    assert wallet(USDT="100", BTC="-1", prices={"BTC/USDT": "60"}).equity == 40


def test_open_profit_is_in_the_equity_alone() -> None:
    short = Position("BTC/USDT:USDT", NET, D(-2), D(100))
    held = wallet(short, USDT="1000", prices={"BTC/USDT:USDT": "90"})
    worth = held.worth(NOTHING.get)
    assert (worth.balance, worth.unrealized, worth.equity) == (1000, 20, 1020)
    assert held.worth({"BTC/USDT:USDT": D(120)}.get).equity == 960


def test_profit_in_another_currency_counts_at_its_price() -> None:
    held = wallet(
        Position("BTC/EUR:EUR", NET, D(1), D(100)),
        EUR="10",
        prices={"BTC/EUR:EUR": "110", "EUR/USDT": "2"},
    )
    assert (held.worth(NOTHING.get).balance, held.equity) == (20, 40)


@pytest.mark.parametrize(
    "position",
    [
        Position("BTC/USDT:USDT", NET, D(1), None),
        Position("ETH/USDT:USDT", NET, D(1), D(100)),
        Position("BTC/EUR:EUR", NET, D(1), D(100)),
        Position("BTC/USDT:ETH", NET, D(1), D(100)),
    ],
)
def test_an_equity_that_nobody_knows_is_none(position: Position) -> None:
    prices = {"BTC/USDT:USDT": "90", "BTC/EUR:EUR": "90", "BTC/USDT:ETH": "90"}
    worth = wallet(position, USDT="1000", prices=prices).worth(NOTHING.get)
    assert (worth.balance, worth.unrealized, worth.equity) == (1000, None, None)


def test_a_wallet_that_was_never_read_is_no_empty_one() -> None:
    never = wallet(at_ms=0).worth(NOTHING.get)
    assert (never.balance, never.equity) == (None, None)
    assert wallet().worth(NOTHING.get).equity == 0


def test_what_was_read_long_ago_is_old() -> None:
    assert not wallet(at_ms=5).old(5 + OLD_MS)
    assert wallet(at_ms=5).old(6 + OLD_MS)


def test_prices_are_asked_for_coins_and_positions() -> None:
    perpetual = Position("BTC/EUR:EUR", NET, D(1), D(100))
    needed = markets_needed(["USDT", "ETH"], [perpetual])
    assert {"ETH/USDT", "ETH/USD", "BTC/EUR:EUR", "EUR/USDT"} <= needed
    assert not any(symbol.startswith("USDT/") for symbol in needed)


def test_coins_are_no_positions_in_derivatives() -> None:
    spot = Position("BTC/USDT", NET, D(1))
    perpetual = Position("BTC/USDT:USDT", NET, D(1), D(5))
    assert in_derivatives([spot, perpetual]) == (perpetual,)
