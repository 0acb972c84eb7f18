"""Our accounts on the model exchange, over real sockets and unmodified ccxt."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.venues import OrderRequest
from pilotfish_local.exchange import ModelExchange, Options, endpoints
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.pool import CcxtVenues
from tests.contract.venues.heard import SOON_S, Heard

Json = dict[str, Any]

SYMBOLS = {"binance": "BTC/USDT", "binanceusdm": "BTC/USDT:USDT", "delta": "BTC/USD:USD"}
MARKET_IDS = {"binance": "BTCUSDT", "binanceusdm": "BTCUSDT", "delta": "BTCUSD"}


class Exchange:
    """The model exchange and its control plane."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self._session = session

    async def call(self, method: str, path: str, body: object = None, **query: str) -> Json:
        url = f"{self.base}/_control/{path}"
        async with self._session.request(method, url, json=body, params=query) as response:
            answer: Json = await response.json()
            assert response.status == 200, answer
            return answer

    async def post(self, path: str, **body: object) -> Json:
        return await self.call("POST", path, body)

    async def fault(self, kind: str, **more: object) -> None:
        await self.post("faults", kind=kind, **more)

    async def orders(self, account: str) -> list[Json]:
        return list((await self.call("GET", "orders", account=account))["orders"])

    async def rejected(self, account: str) -> list[Json]:
        return list((await self.call("GET", "orders", account=account))["rejected"])


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def exchange(stack: AsyncExitStack) -> Exchange:
    """Its prices move only when a test says so."""
    base = await stack.enter_async_context(ModelExchange(Options(seed=7, tick_ms=0)).serve())
    session = await stack.enter_async_context(aiohttp.ClientSession())
    model = Exchange(base, session)
    for venue, symbol in MARKET_IDS.items():
        await model.post("price", venue=venue, symbol=symbol, price="60000")
    return model


async def keys_by_name(account: Account) -> Credentials:
    """The key of an account that the fixtures opened; its sealed key is its name here."""
    name = account.sealed_key.decode()
    return Credentials(f"key-{name}", f"secret-{name}", f"password-{name}")


def base_urls(base: str) -> dict[str, Endpoint]:
    return {venue: Endpoint(**urls) for venue, urls in endpoints(base).items()}


@pytest.fixture
async def venues(stack: AsyncExitStack, exchange: Exchange) -> CcxtVenues:
    pool = CcxtVenues(base_urls(exchange.base), keys_by_name, ping_s=0.2)
    stack.push_async_callback(pool.close)
    return pool


Open = Callable[..., Awaitable[CcxtAccount]]


@pytest.fixture
def opened(exchange: Exchange, venues: CcxtVenues) -> Open:
    """Open an account at the exchange, and in our pool."""

    async def open_account(venue: str, name: str = "ann", **more: object) -> CcxtAccount:
        account = {"name": name, "venue": venue, "key": f"key-{name}", "secret": f"secret-{name}"}
        await exchange.post("accounts", accounts=[{**account, **more}])
        return await venues.account(Account(name, "owner", venue, name.encode()))

    return open_account


@pytest.fixture
def order() -> Callable[..., OrderRequest]:
    """A market order with defaults, claimed now; with a limit an IOC order."""

    def made(
        venue: str,
        quantity: str,
        side: Side = Side.BUY,
        client_id: str = "pfabcdefgh12345678",
        position_side: PositionSide = PositionSide.NET,
        reduce_only: bool = False,
        symbol: str = "",
        claimed_ms: int = 0,
        limit: str = "",
    ) -> OrderRequest:
        return OrderRequest(
            client_order_id=client_id,
            symbol=symbol or SYMBOLS[venue],
            side=side,
            position_side=position_side,
            quantity=Decimal(quantity),
            reduce_only=reduce_only,
            claimed_ms=claimed_ms or int(time.time() * 1000),
            limit_price=Decimal(limit) if limit else None,
        )

    return made


@pytest.fixture
async def hear(stack: AsyncExitStack) -> Callable[..., Any]:
    """Listens to an account until the test is over."""

    async def start(account: Any, *, live: bool = True) -> Heard:
        heard = Heard(account)

        async def stop() -> None:
            heard.task.cancel()
            await asyncio.gather(heard.task, return_exceptions=True)

        stack.push_async_callback(stop)
        if live:
            await asyncio.wait_for(heard.connected.wait(), SOON_S)
        return heard

    return start
