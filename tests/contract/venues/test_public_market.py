"""A market as anybody can see it: what a paper account trades on."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NotSent
from pilotfish.domain.fills import Side
from pilotfish.domain.instruments import Kind
from pilotfish.domain.paper.prices import mark_of, touch
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.table import VENUES
from tests.contract.venues.conftest import MARKET_IDS, SYMBOLS, Exchange, base_urls


async def no_key(account: Account) -> Credentials:
    raise PermissionError(account.account_id)


@pytest.fixture
async def venues(exchange: Exchange) -> AsyncIterator[CcxtVenues]:
    pool = CcxtVenues(base_urls(exchange.base), no_key)
    yield pool
    await pool.close()


@pytest.mark.parametrize("venue", SYMBOLS)
async def test_it_has_its_price_its_lots_and_the_list_fee(
    exchange: Exchange, venues: CcxtVenues, venue: str
) -> None:
    await exchange.post("price", venue=venue, symbol=MARKET_IDS[venue], price="50000")
    symbol = SYMBOLS[venue]
    market = await venues.market(venue, symbol)
    assert market is not None
    [listed] = [one for one in await venues.instruments(venue) if one.symbol == symbol]
    assert market.instrument == listed
    now_ms = market.ticker.at_ms
    bought, sold = (touch(market.ticker, side, now_ms) for side in (Side.BUY, Side.SELL))
    assert bought is not None
    assert sold is not None
    assert sold < bought
    for price in (bought, sold, mark_of(market.ticker, now_ms)):
        assert price is not None
        assert abs(price - 50_000) < 50
    kind = Kind.SPOT if venue == "binance" else Kind.LINEAR
    assert market.taker_fee == Decimal(VENUES[venue].fees[kind].taker)
    assert market.hedged == (venue == "binanceusdm")


async def test_it_is_asked_for_anew_each_time(exchange: Exchange, venues: CcxtVenues) -> None:
    for price in ("50000", "60000"):
        await exchange.post("price", venue="binanceusdm", symbol="BTCUSDT", price=price)
        market = await venues.market("binanceusdm", "BTC/USDT:USDT")
        assert market is not None
        assert market.ticker.last is not None
        assert abs(market.ticker.last - Decimal(price)) < 50


@pytest.mark.parametrize("symbol", ["NO/SUCH", "BTC/USDT:BTC"])
async def test_what_is_not_traded_there_is_none(venues: CcxtVenues, symbol: str) -> None:
    assert await venues.market("binanceusdm", symbol) is None


async def test_a_venue_that_is_not_there_tells_nothing() -> None:
    pool = CcxtVenues({"binance": Endpoint("http://127.0.0.1:9")}, no_key)
    with pytest.raises(NotSent):
        await pool.ready("binance")
    with pytest.raises(NotSent):
        await pool.market("binance", "BTC/USDT")
    await pool.close()


def test_every_venue_that_is_traded_on_has_a_list_fee() -> None:
    for venue, spec in VENUES.items():
        assert spec.read_only or spec.fees.keys() >= spec.kinds, venue
