"""A model exchange in the test's own loop, its control plane, and real ccxt clients on it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import ccxt.async_support
import ccxt.pro
import pytest

from pilotfish_local.exchange import ModelExchange, Options, endpoints

Json = dict[str, Any]


class ControlClient:
    """The control plane, as a test or the demo uses it."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self.session = session

    async def call(self, method: str, path: str, body: object = None, **query: str) -> Json:
        url = f"{self.base}/_control/{path}"
        async with self.session.request(method, url, json=body, params=query) as response:
            answer: Json = await response.json()
            assert response.status == 200, answer
            return answer

    async def post(self, path: str, **body: object) -> Json:
        return await self.call("POST", path, body)

    async def account(self, name: str, venue: str, **more: object) -> None:
        account = {"name": name, "venue": venue, "key": f"key-{name}", "secret": f"secret-{name}"}
        await self.post("accounts", accounts=[{**account, **more}])

    async def fault(self, kind: str, **more: object) -> Json:
        answer = await self.post("faults", kind=kind, **more)
        rule: Json = answer["faults"][0]
        return rule

    async def orders(self, **query: str) -> list[Json]:
        return list((await self.call("GET", "orders", **query))["orders"])

    async def rejected(self, **query: str) -> list[Json]:
        return list((await self.call("GET", "orders", **query))["rejected"])

    async def seen(self, account: str) -> Json:
        answer = await self.call("GET", "accounts", account=account)
        found: Json = answer["accounts"][0]
        return found

    async def pin(self, venue: str, symbol: str, price: str) -> None:
        await self.post("price", venue=venue, symbol=symbol, price=price)


def redirected(urls: Any, rest: str, ws: str) -> Any:
    """Every base URL with its scheme and host replaced, its path kept."""
    if isinstance(urls, dict):
        return {name: redirected(url, rest, ws) for name, url in urls.items()}
    scheme, _, after = urls.partition("://")
    path = after.partition("/")[2]
    base = ws if scheme.startswith("ws") else rest
    return f"{base}/{path}" if path else base


Client = Callable[..., Any]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def url(stack: AsyncExitStack) -> str:
    """An exchange whose price moves only when a test says so."""
    return await stack.enter_async_context(ModelExchange(Options(seed=7, tick_ms=0)).serve())


@pytest.fixture
async def control(stack: AsyncExitStack, url: str) -> ControlClient:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    client = ControlClient(url, session)
    for venue, symbol, price in (
        ("binance", "BTCUSDT", "60000"),
        ("binanceusdm", "BTCUSDT", "60000"),
        ("delta", "BTCUSD", "60000"),
        ("bybit", "BTCUSDT", "60000"),
        ("bybit", "spot:BTCUSDT", "60000"),
        ("okx", "BTC-USDT", "60000"),
        ("okx", "BTC-USDT-SWAP", "60000"),
    ):
        await client.pin(venue, symbol, price)
    return client


MARKET_TYPES = {"binanceusdm": ["linear"], "bybit": ["spot", "linear"], "okx": ["spot", "swap"]}


def make_client(
    venue: str, base_url: str, name: str | None, *, pro: bool = False, **options: object
) -> Any:
    """A ccxt class pointed at the exchange, with the keys of an account or without."""
    library = ccxt.pro if pro else ccxt.async_support
    types = MARKET_TYPES.get(venue, ["spot"])
    config: Json = {"options": {"fetchMarkets": {"types": types}, **options}}
    if name is not None:
        config.update(apiKey=f"key-{name}", secret=f"secret-{name}", password="passphrase")
    client = getattr(library, venue)({"enableRateLimit": False, "timeout": 5000, **config})
    client.timeout_on_exit = 0
    target = endpoints(base_url, [venue])[venue]
    client.urls["api"] = redirected(client.urls["api"], target["rest"], target["ws"])
    return client


@pytest.fixture
def connect(stack: AsyncExitStack, url: str, control: ControlClient) -> Client:
    """Open an account of this name at a venue and return a ccxt client for it."""

    async def opened(venue: str, name: str, *, pro: bool = False, **more: object) -> Any:
        options = more.pop("options", {})
        assert isinstance(options, dict)
        await control.account(name, venue, **more)
        client = make_client(venue, url, name, pro=pro, **options)
        stack.push_async_callback(client.close)
        return client

    return opened


@pytest.fixture
def client_of(stack: AsyncExitStack, url: str) -> Callable[..., Awaitable[Any]]:
    """A ccxt client for an account that exists, or for nobody."""

    async def made(venue: str, name: str | None, **more: Any) -> Any:
        client = make_client(venue, url, name, **more)
        stack.push_async_callback(client.close)
        return client

    return made
