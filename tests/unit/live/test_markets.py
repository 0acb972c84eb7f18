"""Which market a client means."""

from collections.abc import Mapping
from typing import Any

import pytest

from pilotfish.domain.errors import NotReady
from pilotfish.domain.markets import market_of
from pilotfish.usecases.find_market import FindMarket

SYMBOLS = {"BTC/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USD:SOL", "1INCH/USDT"}


@pytest.mark.parametrize(
    ("spelling", "symbol"),
    [
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
        ("BTC/USDT", "BTC/USDT"),
        ("BTCUSDT", "BTC/USDT"),
        ("btc-usdt", "BTC/USDT"),
        ("ETHUSDT", "ETH/USDT:USDT"),
        ("1INCHUSDT", "1INCH/USDT"),
        ("SOL/USD:SOL", "SOL/USD:SOL"),
        ("SOLUSD", None),
        ("BTC", None),
        ("", None),
        ("/:", None),
        ("BTCUSDTX", None),
    ],
)
def test_spellings(spelling: str, symbol: str | None) -> None:
    assert market_of(spelling, SYMBOLS) == symbol


class Published:
    def of_venue(self, venue: str) -> Mapping[str, Any]:
        if venue == "later":
            raise NotReady(venue)
        return {"a": {"BTC/USDT": 1}, "b": {"BTC/USDT": 1, "ETH/USDT": 1}}.get(venue, {})


def test_the_first_venue_that_has_it_unless_one_is_named() -> None:
    find = FindMarket(instruments=Published(), venues=["later", "a", "b"])  # type: ignore[arg-type]
    assert find("BTCUSDT") == ("a", "BTC/USDT")
    assert find("ETHUSDT") == ("b", "ETH/USDT")
    assert find("BTCUSDT", "b") == ("b", "BTC/USDT")
    assert find("ETHUSDT", "a") is None
    assert find("BTCUSDT", "unknown") is None
