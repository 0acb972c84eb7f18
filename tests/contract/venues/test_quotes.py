"""Prices as they move: from a venue's socket, and asked for where there is none."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.quotes import Quote
from pilotfish_venues import quotes as quotes_module
from pilotfish_venues.pool import CcxtVenues
from tests.contract.venues.conftest import MARKET_IDS, SYMBOLS, Exchange, base_urls

PATIENCE_S = 10.0


async def no_key(account: Account) -> Credentials:
    raise PermissionError(account.account_id)


@pytest.fixture
async def venues(exchange: Exchange) -> AsyncIterator[CcxtVenues]:
    pool = CcxtVenues(base_urls(exchange.base), no_key)
    yield pool
    await pool.close()


@asynccontextmanager
async def following(venues: CcxtVenues, venue: str, *symbols: str) -> AsyncIterator["Followed"]:
    async with aclosing(venues.quotes(venue, symbols)) as batches:
        yield Followed(batches)


class Followed:
    """The newest quote by symbol, batch by batch."""

    def __init__(self, batches: AsyncGenerator[list[Quote], None]) -> None:
        self._batches = batches
        self.newest: dict[str, Quote] = {}
        self.batches = 0

    async def until(self, symbol: str, last: str) -> Quote:
        async with asyncio.timeout(PATIENCE_S):
            while symbol not in self.newest or self.newest[symbol].last != Decimal(last):
                batch = await anext(self._batches)
                self.batches += 1
                self.newest |= {quote.symbol: quote for quote in batch}
        return self.newest[symbol]


async def price(exchange: Exchange, venue: str, last: str) -> None:
    await exchange.post("price", venue=venue, symbol=MARKET_IDS[venue], price=last)


@pytest.mark.parametrize("venue", SYMBOLS)
async def test_the_price_is_told_at_once_and_when_it_moves(
    exchange: Exchange, venues: CcxtVenues, venue: str
) -> None:
    symbol = SYMBOLS[venue]
    async with following(venues, venue, symbol, "NO/SUCH") as followed:
        first = await followed.until(symbol, "60000")
        assert (first.venue, first.symbol) == (venue, symbol)
        assert first.high is not None
        assert first.volume is not None
        await price(exchange, venue, "61000")
        second = await followed.until(symbol, "61000")
        assert second.at_ms >= first.at_ms
        assert second.change is not None
        assert set(followed.newest) == {symbol}


async def test_a_derivative_is_valued_at_its_mark(exchange: Exchange, venues: CcxtVenues) -> None:
    async with following(venues, "binanceusdm", "BTC/USDT:USDT") as followed:
        await followed.until("BTC/USDT:USDT", "60000")
        for step in range(20):
            last = str(61000 + step)
            await price(exchange, "binanceusdm", last)
            quote = await followed.until("BTC/USDT:USDT", last)
            if quote.mark is not None:
                break
            await asyncio.sleep(0.1)
        assert quote.mark is not None
        assert abs(quote.mark - quote.last) <= 1
        assert quote.value == quote.mark


async def test_on_spot_a_price_is_its_own_value(venues: CcxtVenues) -> None:
    async with following(venues, "binance", "BTC/USDT") as followed:
        quote = await followed.until("BTC/USDT", "60000")
        assert (quote.mark, quote.value) == (None, Decimal(60000))


async def test_while_the_socket_cannot_be_had_prices_are_asked_for(
    exchange: Exchange, venues: CcxtVenues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes_module, "ASK_S", 0.05)

    def broken(*_: object) -> None:
        raise ConnectionError("no socket")

    monkeypatch.setattr(venues, "_listener", broken)
    async with following(venues, "binance", "BTC/USDT") as followed:
        await followed.until("BTC/USDT", "60000")
        await price(exchange, "binance", "62000")
        await followed.until("BTC/USDT", "62000")


async def test_a_socket_that_goes_mute_is_opened_again(
    exchange: Exchange, venues: CcxtVenues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes_module, "MUTE_S", 0.2)
    monkeypatch.setattr(quotes_module, "RETRY_S", (0.0,))
    listener, left, again = venues._listener, iter(range(2)), asyncio.Event()

    def counted(*arguments: Any) -> Any:
        if next(left, None) is None:
            again.set()
        return listener(*arguments)

    monkeypatch.setattr(venues, "_listener", counted)
    async with following(venues, "binance", "BTC/USDT") as followed:
        await followed.until("BTC/USDT", "60000")
        async with asyncio.timeout(PATIENCE_S):
            await again.wait()
        await price(exchange, "binance", "63000")
        await followed.until("BTC/USDT", "63000")


async def test_of_markets_that_a_venue_has_not_nothing_is_told(venues: CcxtVenues) -> None:
    async with aclosing(venues.quotes("binance", ["NO/SUCH"])) as batches:
        assert [batch async for batch in batches] == []
