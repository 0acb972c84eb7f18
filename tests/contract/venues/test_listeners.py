"""Leaders on the model exchange behind a Listener: each fill once, whatever their sockets do."""

import asyncio
import base64
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NotSent
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.venues import OrderRequest
from pilotfish.usecases import listen as listening
from pilotfish_venues import exchanges
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.throttle import Bucket
from tests.contract.venues.conftest import base_urls
from tests.contract.venues.heard import Leader, streams
from tests.fakes.samples import an_account

SYMBOLS = {
    "binance": "BTC/USDT",
    "binanceusdm": "BTC/USDT:USDT",
    "delta": "BTC/USD:USD",
    "bybit": "BTC/USDT:USDT",
    "okx": "BTC/USDT:USDT",
    "kraken": "BTC/USD",
}
each_venue = pytest.mark.parametrize("venue", SYMBOLS)


async def keys(account: Account) -> Credentials:
    """For every venue: Kraken's secrets are base64, OKX has a passphrase."""
    return Credentials("key-ann", base64.b64encode(b"secret").decode(), "passphrase")


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a look at all fills every half second would wait for it."""
    monkeypatch.setattr(exchanges, "new_bucket", lambda original: Bucket(1000, 1000))


@pytest.fixture
def pool(stack: AsyncExitStack, exchange: Any) -> Callable[[], CcxtVenues]:
    """As each process has its own."""

    def made() -> CcxtVenues:
        pool = CcxtVenues(base_urls(exchange.base), keys, ping_s=0.2)
        stack.push_async_callback(pool.close)
        return pool

    return made


Buy = Callable[[str], Any]


@pytest.fixture
async def buy(exchange: Any, pool: Callable[[], CcxtVenues], venue: str) -> Buy:
    """Let ann, who has an account at the venue, buy some."""
    secret = base64.b64encode(b"secret").decode()
    account = {"name": "ann", "venue": venue, "key": "key-ann", "secret": secret}
    await exchange.post("accounts", accounts=[account])
    opened = await pool().account(Account("ann", "owner", venue, b"ann"))

    async def bought(quantity: str) -> None:
        request = OrderRequest(
            client_order_id="pf" + quantity.replace(".", ""),
            symbol=SYMBOLS[venue],
            side=Side.BUY,
            position_side=PositionSide.NET,
            quantity=Decimal(quantity),
            reduce_only=False,
            claimed_ms=int(time.time() * 1000),
        )
        for _ in range(5):
            with suppress(NotSent):  # Two processes with one key disagree about Kraken's nonces.
                await opened.create_order(request)
                return
            await asyncio.sleep(0.1)

    return bought


@pytest.fixture
async def leader(
    pool: Callable[[], CcxtVenues], buy: Buy, venue: str, monkeypatch: pytest.MonkeyPatch
) -> Leader:
    account = an_account("ann", venue=venue, sealed_key=b"ann", listen_shard="0")
    return Leader(pool(), account)


@each_venue
@pytest.mark.parametrize("fault", ["drop_socket", "skip_socket", "duplicate_socket"])
async def test_a_message_is_lost_or_doubled_or_the_socket_dies(
    exchange: Any, leader: Leader, buy: Buy, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RECONCILE_S", 0.5)
    async with leader.listened_to():
        await streams(exchange, 1)
        await buy("0.01")
        await leader.wrote("0.01")
        await exchange.fault(fault, times=1)
        await buy("0.02")
        await buy("0.03")
        await leader.wrote("0.01", "0.02", "0.03")
        await streams(exchange, 1)
        await buy("0.04")
        await leader.wrote("0.01", "0.02", "0.03", "0.04")


@each_venue
async def test_a_socket_goes_mute(
    exchange: Any, leader: Leader, buy: Buy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RECONCILE_S", 0.3)
    async with leader.listened_to():
        await streams(exchange, 1)
        await exchange.fault("mute_socket")
        await buy("0.01")
        await leader.wrote("0.01")


@each_venue
async def test_nobody_listens_for_a_while(exchange: Any, leader: Leader, buy: Buy) -> None:
    await buy("0.1")
    async with leader.listened_to():
        await streams(exchange, 1)
        await buy("0.01")
        await leader.wrote("0.01")
    await buy("0.02")
    async with leader.listened_to():
        await streams(exchange, 1)
        await buy("0.03")
        await leader.wrote("0.01", "0.02", "0.03")
