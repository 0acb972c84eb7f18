"""`Venue.history` over a month, on the fake and on the venues: every fill once, in any process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NotSent, OutcomeUnknown, VenueError
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import DAY_MS
from pilotfish.ports import HistoryPage, Venue
from pilotfish_venues.pool import CcxtVenues
from tests.fakes import ManualClock, ModelVenue
from tests.fakes.samples import a_fill

from .conftest import Exchange, base_urls

NOW_MS = int(time.time() * 1000)
SINCE_MS, UNTIL_MS = NOW_MS - 30 * DAY_MS, NOW_MS - DAY_MS
TRADES = 240
PAGE = 50
#: Two markets of each venue: as we call them, and as the model exchange does.
MARKETS = {
    "fake": ("BTC/USDT:USDT", "ETH/USDT:USDT"),
    "binance": ("BTC/USDT", "ETH/USDT"),
    "binanceusdm": ("BTC/USDT:USDT", "ETH/USDT:USDT"),
    "delta": ("BTC/USD:USD", "ETH/USD:USD"),
    "bybit": ("BTC/USDT:USDT", "ETH/USDT"),
    "okx": ("BTC/USDT:USDT", "ETH/USDT"),
    "kraken": ("BTC/USD", "ETH/USD"),
}
NAMES = {
    "binance": ["BTCUSDT", "ETHUSDT"],
    "binanceusdm": ["BTCUSDT", "ETHUSDT"],
    "delta": ["BTCUSD", "ETHUSD"],
    "bybit": ["BTCUSDT", "spot:ETHUSDT"],
    "okx": ["BTC-USDT-SWAP", "ETH-USDT"],
    "kraken": ["XBTUSD", "ETHUSD"],
}

# Kraken's secrets are base64, and OKX has a passphrase besides.
KEY = Credentials("key-ann", "c2VjcmV0LWFubg==", "passphrase")

Opened = Callable[[], Awaitable[Venue]]


async def the_key(_account: Account) -> Credentials:
    return KEY


def fake() -> ModelVenue:
    venue = ModelVenue(ManualClock(NOW_MS), "ann", page=PAGE)
    for number in range(TRADES):
        symbol = MARKETS["fake"][number % 2]
        at_ms = SINCE_MS + (UNTIL_MS - SINCE_MS) * (number - number % 3) // TRADES
        trade_id = str(number // 2)
        venue.trades.append(
            a_fill(account_id="ann", symbol=symbol, trade_id=trade_id, traded_ms=at_ms)
        )
    return venue


@pytest.fixture(params=list(MARKETS))
def venue_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def open_again(venue_id: str, exchange: Exchange, stack: AsyncExitStack) -> Opened:
    """An account with a month of trades in two symbols; each call is another process."""
    if venue_id == "fake":
        trades = fake().trades

        async def another_fake() -> Venue:
            return replace(fake(), trades=trades)

        return another_fake
    key = {"key": KEY.api_key, "secret": KEY.secret}
    await exchange.post("accounts", accounts=[{"name": "ann", "venue": venue_id, **key}])
    period = {"since_ms": SINCE_MS, "until_ms": UNTIL_MS}
    await exchange.post("past", account="ann", symbols=NAMES[venue_id], count=TRADES, **period)

    async def another() -> Venue:
        pool = CcxtVenues(base_urls(exchange.base), the_key)
        stack.push_async_callback(pool.close)
        account: Any = await pool.account(Account("ann", "owner", venue_id, b"ann"))
        spec = account._exchange.shared.spec
        fills = tuple(replace(listed, page=PAGE) for listed in spec.fills)
        account._exchange.shared.spec = replace(spec, fills=fills)
        return account  # type: ignore[no-any-return]

    return another


async def asked(
    venue: Venue, since_ms: int, until_ms: int, symbols: Sequence[str], token: str | None
) -> HistoryPage:
    """As a turn after turn asks: Kraken wants the nonces of a key in order over all processes."""
    for _ in range(20):
        try:
            return await venue.history(since_ms, until_ms, symbols, token)
        except NotSent:
            await asyncio.sleep(0.01)
    raise AssertionError("it is refused for ever")


async def read(
    venue_id: str,
    open_again: Opened,
    since_ms: int = SINCE_MS,
    until_ms: int = UNTIL_MS,
    symbols: Sequence[str] | None = None,
) -> tuple[list[Fill], list[str | None]]:
    """All fills of a period, each page by another process; and the tokens asked with."""
    symbols = [*MARKETS[venue_id], "GONE/USDT"] if symbols is None else symbols
    fills: list[Fill] = []
    tokens: list[str | None] = [None]
    while True:
        venue = await open_again()
        page = await asked(venue, since_ms, until_ms, symbols, tokens[-1])
        assert len(page.fills) <= PAGE
        fills += page.fills
        if page.next_token is None:
            return [fill for fill in fills if since_ms <= fill.traded_ms <= until_ms], tokens
        assert page.next_token not in tokens, "it goes round in a circle"
        tokens.append(page.next_token)


async def test_every_fill_of_the_period_is_told_once(venue_id: str, open_again: Opened) -> None:
    fills, tokens = await read(venue_id, open_again)
    assert len({fill.fill_id for fill in fills}) == len(fills) == TRADES
    assert {fill.symbol for fill in fills} == set(MARKETS[venue_id])
    assert len(tokens) >= TRADES / PAGE
    assert all(fill.account_id == "ann" and fill.price > 0 for fill in fills)


@pytest.mark.parametrize("venue_id", ["binanceusdm", "delta", "bybit", "okx", "kraken"])
async def test_symbols_that_nobody_named_are_found(venue_id: str, open_again: Opened) -> None:
    """All but spot at Binance, which lists nothing without one."""
    fills, _ = await read(venue_id, open_again, symbols=[])
    assert {fill.symbol for fill in fills} == set(MARKETS[venue_id])
    assert len({fill.fill_id for fill in fills}) == len(fills) == TRADES


async def test_a_period_has_both_its_ends(venue_id: str, open_again: Opened) -> None:
    fills, _ = await read(venue_id, open_again)
    times = sorted({fill.traded_ms for fill in fills})
    first_ms, last_ms = times[10], times[-10]
    some, _ = await read(venue_id, open_again, first_ms, last_ms)
    wanted = {fill.fill_id for fill in fills if first_ms <= fill.traded_ms <= last_ms}
    assert {fill.fill_id for fill in some} == wanted
    assert len(some) == len(wanted)


async def test_a_page_can_be_asked_for_again(venue_id: str, open_again: Opened) -> None:
    symbols = MARKETS[venue_id]
    venue = await open_again()
    token = None
    for _ in range(3):
        page = await asked(venue, SINCE_MS, UNTIL_MS, symbols, token)
        token = page.next_token
    first = await asked(venue, SINCE_MS, UNTIL_MS, symbols, token)
    again = await asked(await open_again(), SINCE_MS, UNTIL_MS, symbols, token)
    assert [f.fill_id for f in again.fills] == [f.fill_id for f in first.fills]
    assert again.next_token == first.next_token


async def test_without_symbols_or_trades_there_is_an_end(venue_id: str, open_again: Opened) -> None:
    venue = await open_again()
    token, pages = None, 0
    while pages < 40:
        page = await venue.history(NOW_MS - 1_000, NOW_MS, [], token)
        assert not page.fills
        token, pages = page.next_token, pages + 1
        if token is None:
            return
    pytest.fail("no end")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "status", "status": 429, "retry_after": 3}, NotSent),
        ({"kind": "status", "status": 502, "body": "html"}, OutcomeUnknown),
        ({"kind": "reset", "times": 2}, OutcomeUnknown),
        ({"kind": "junk"}, OutcomeUnknown),
    ],
    ids=["429", "502", "reset", "junk"],
)
@pytest.mark.parametrize("venue_id", list(NAMES))
async def test_a_page_that_fails_is_told_as_the_venue_s_trouble(
    venue_id: str, open_again: Opened, exchange: Any, fault: Any, outcome: type[VenueError]
) -> None:
    venue = await open_again()
    await exchange.fault(**{"times": 1, "endpoint": "fills"} | fault)
    with pytest.raises(outcome):
        await venue.history(SINCE_MS, UNTIL_MS, MARKETS[venue_id], None)
    await exchange.call("DELETE", "faults")
    assert (await venue.history(SINCE_MS, UNTIL_MS, MARKETS[venue_id], None)).next_token
