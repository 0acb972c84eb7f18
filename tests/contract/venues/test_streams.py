"""The user-data stream: quick while it lives, and never quietly dead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from pilotfish.domain.errors import Rejected, VenueError
from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.pool import CcxtVenues

VENUES = ["binance", "binanceusdm"]
SOON_S = 5.0


class Listener:
    """Collects what an account streams."""

    def __init__(self, account: CcxtAccount) -> None:
        self.fills: list[Fill] = []
        self.connected = asyncio.Event()
        self._more = asyncio.Event()
        self._batches: AsyncIterator[list[Fill]] = account.watch_fills(self.connected)
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async for batch in self._batches:
            self.fills += batch
            self._more.set()

    async def live(self) -> None:
        await asyncio.wait_for(self.connected.wait(), SOON_S)

    async def until(self, count: int) -> list[Fill]:
        async with asyncio.timeout(SOON_S):
            while len(self.fills) < count:
                self._more.clear()
                await self._more.wait()
        return self.fills

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def listen() -> AsyncIterator[Any]:
    listeners: list[Listener] = []

    async def start(account: CcxtAccount) -> Listener:
        listeners.append(Listener(account))
        await listeners[-1].live()
        return listeners[-1]

    yield start
    for listener in listeners:
        await listener.stop()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_streamed_fill_is_the_one_that_rest_tells(
    venue: str, opened: Any, order: Any, listen: Any
) -> None:
    account = await opened(venue)
    listener = await listen(account)
    request = order(venue, "0.012")

    await account.create_order(request)

    (streamed,) = await listener.until(1)
    (told,) = await account.fills_since(request.claimed_ms, [request.symbol])
    assert streamed.fill_id == told.fill_id
    for name in ("account_id", "order_id", "side", "price", "quantity", "fee", "fee_currency"):
        assert getattr(streamed, name) == getattr(told, name)


@pytest.mark.parametrize("venue", VENUES)
async def test_every_fill_of_a_burst_arrives_without_waiting_for_another(
    venue: str, exchange: Any, opened: Any, order: Any, listen: Any
) -> None:
    account = await opened(venue)
    listener = await listen(account)

    await asyncio.gather(
        *(account.create_order(order(venue, "0.01", client_id=f"pf{n}")) for n in range(20))
    )

    fills = await listener.until(20)
    assert len({fill.trade_id for fill in fills}) == 20


async def test_an_order_filled_in_pieces_is_as_many_fills(
    exchange: Any, opened: Any, order: Any, listen: Any
) -> None:
    account = await opened("binanceusdm")
    listener = await listen(account)
    await exchange.fault("partial_fill", pieces=3, endpoint="order_create")

    await account.create_order(order("binanceusdm", "0.03"))

    fills = await listener.until(3)
    assert sum(fill.quantity for fill in fills) == Decimal("0.03")


async def test_a_hedged_fill_names_its_side(opened: Any, order: Any, listen: Any) -> None:
    account = await opened("binanceusdm", hedge=True)
    listener = await listen(account)

    request = order("binanceusdm", "0.01", Side.SELL, position_side=PositionSide.SHORT)
    await account.create_order(request)

    (fill,) = await listener.until(1)
    assert fill.position_side is PositionSide.SHORT


async def test_each_account_hears_its_own_fills_only(opened: Any, order: Any, listen: Any) -> None:
    ann, bob = await opened("binanceusdm", "ann"), await opened("binanceusdm", "bob")
    anns, bobs = await listen(ann), await listen(bob)

    await ann.create_order(order("binanceusdm", "0.01", client_id="pfann"))
    await bob.create_order(order("binanceusdm", "0.02", client_id="pfbob"))

    assert [fill.quantity for fill in await anns.until(1)] == [Decimal("0.01")]
    assert [fill.quantity for fill in await bobs.until(1)] == [Decimal("0.02")]


@pytest.mark.parametrize("venue", VENUES)
async def test_a_dropped_socket_ends_the_stream(
    venue: str, exchange: Any, opened: Any, listen: Any
) -> None:
    listener = await listen(await opened(venue))

    await exchange.post("streams/drop")

    with pytest.raises(VenueError):
        await asyncio.wait_for(listener.task, SOON_S)


@pytest.fixture
def host(stack: AsyncExitStack) -> Any:
    """A host that takes sockets, says what it is told to, and nothing else: not even a pong."""

    async def start(*said: object) -> str:
        async def listen(request: web.BaseRequest) -> web.WebSocketResponse:
            socket = web.WebSocketResponse(autoping=False)
            await socket.prepare(request)
            for message in said:
                await socket.send_json(message)
            async for _ in socket:
                pass
            return socket

        runner = web.ServerRunner(web.Server(listen), shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"ws://127.0.0.1:{runner.addresses[0][1]}"

    return start


async def test_a_mute_socket_ends_the_stream(
    exchange: Any, opened: Any, venues: CcxtVenues, host: Any, listen: Any
) -> None:
    venues._endpoints = {"binanceusdm": Endpoint(f"{exchange.base}/binanceusdm", await host())}
    listener = await listen(await opened("binanceusdm"))

    with pytest.raises(VenueError, match="ping-pong"):
        await asyncio.wait_for(listener.task, SOON_S)


@pytest.mark.parametrize(
    "message",
    [
        {"e": "listenKeyExpired", "E": 1, "listenKey": "x"},
        {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": 1}},
    ],
)
async def test_an_end_that_the_venue_tells_ends_the_stream(
    message: Any, exchange: Any, opened: Any, venues: CcxtVenues, host: Any
) -> None:
    rest = f"{exchange.base}/binanceusdm"
    venues._endpoints = {"binanceusdm": Endpoint(rest, await host(message))}
    listener = Listener(await opened("binanceusdm"))

    with pytest.raises(VenueError, match="the venue ended the stream"):
        await asyncio.wait_for(listener.task, SOON_S)


async def test_a_message_that_cannot_be_read_ends_the_stream(
    exchange: Any, opened: Any, venues: CcxtVenues, host: Any
) -> None:
    """ccxt would hear nothing after it, and go on answering pings."""
    rest = f"{exchange.base}/binanceusdm"
    garbled = {"e": "ORDER_TRADE_UPDATE", "o": {"x": "TRADE", "p": "no", "L": "no", "l": "1"}}
    venues._endpoints = {"binanceusdm": Endpoint(rest, await host(garbled))}
    listener = Listener(await opened("binanceusdm"))

    with pytest.raises(VenueError, match="ValueError"):
        await asyncio.wait_for(listener.task, SOON_S)


@pytest.mark.parametrize("venue", VENUES)
async def test_a_stream_can_be_opened_again_after_it_died(
    venue: str, exchange: Any, opened: Any, order: Any, listen: Any
) -> None:
    account = await opened(venue)
    first = await listen(account)
    await exchange.post("streams/drop")
    await asyncio.wait({first.task}, timeout=SOON_S)

    second = await listen(account)
    await account.create_order(order(venue, "0.01"))

    assert len(await second.until(1)) == 1


async def test_a_refused_key_streams_nothing(exchange: Any, opened: Any) -> None:
    account = await opened("binanceusdm")
    await exchange.call("PATCH", "accounts/ann", {"enabled": False})

    with pytest.raises(Rejected, match="-2015"):
        async for _ in account.watch_fills(asyncio.Event()):
            pass


@pytest.mark.parametrize("venue", VENUES)
async def test_a_listener_that_leaves_closes_its_socket(
    venue: str, exchange: Any, opened: Any, listen: Any
) -> None:
    listener = await listen(await opened(venue))
    assert await exchange.call("GET", "streams") == {"ann": 1}

    await listener.stop()

    async with asyncio.timeout(SOON_S):
        while await exchange.call("GET", "streams"):  # noqa: ASYNC110 - seen through its control plane
            await asyncio.sleep(0.01)


async def test_nothing_stays_planned_for_a_stream_that_ended(
    opened: Any, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ccxt would renew the listen key of a closed stream, with the account's key, for good."""
    account = await opened("binanceusdm")
    streams: list[Any] = []
    open_stream = account._open_stream

    def remembered(credentials: Any) -> Any:
        streams.append(open_stream(credentials))
        return streams[-1]

    monkeypatch.setattr(account, "_open_stream", remembered)
    listener = await listen(account)

    await listener.stop()

    assert len(streams[0].timers) == 2
    assert all(timer.cancelled() for timer in streams[0].timers)
