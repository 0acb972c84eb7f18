"""Bybit's sockets through ccxt.pro.bybit, and their faults."""

import asyncio
import hashlib
import hmac
import time

import aiohttp
import ccxt
import pytest

from tests.contract.exchange.sockets import RawSocket, heard, listening

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
BOTH = pytest.mark.parametrize("symbol", [SPOT, PERP])


@pytest.fixture
async def ann(connect):
    return await connect("bybit", "ann", pro=True)


@pytest.fixture
def watch(control):
    """Start a ccxt.pro watcher of ann's and wait until the exchange knows of it."""

    async def started(coroutine):
        task = asyncio.ensure_future(coroutine)
        await listening(control, "ann")
        return task

    return started


async def bought(client, symbol, amount=0.01, **params):
    return await client.create_order(symbol, "market", "buy", amount, None, params)


@BOTH
async def test_an_execution_is_told_as_it_is_looked_up(ann, watch, symbol):
    watching = await watch(ann.watch_my_trades())
    made = await bought(ann, symbol, orderLinkId="mine")
    (told,) = await heard(watching)
    (fetched,) = await ann.fetch_my_trades(symbol)
    for name in ("id", "order", "symbol", "side", "price", "amount", "cost", "takerOrMaker"):
        assert told[name] == fetched[name], name
    assert (told["order"], told["info"]["orderLinkId"]) == (made["id"], "mine")
    assert (told["timestamp"], told["fee"]) == (fetched["timestamp"], fetched["fee"])


@BOTH
async def test_orders_are_told_until_they_are_filled(ann, watch, control, symbol):
    watching = await watch(ann.watch_orders(symbol))
    made = await ann.create_order(symbol, "limit", "buy", 0.01, 59000, {"orderLinkId": "mine"})
    (opened,) = await heard(watching)
    assert (opened["id"], opened["status"], opened["clientOrderId"]) == (made["id"], "open", "mine")
    watching = asyncio.ensure_future(ann.watch_orders(symbol))
    await asyncio.sleep(0.05)
    await control.pin("bybit", "BTCUSDT" if symbol == PERP else "spot:BTCUSDT", "58000")
    (filled,) = await heard(watching)
    assert (filled["id"], filled["status"], filled["filled"]) == (made["id"], "closed", 0.01)


async def test_a_market_order_is_told_once_when_it_has_filled(ann, watch):
    watching = await watch(ann.watch_orders())
    await bought(ann, PERP)
    (told,) = await heard(watching)
    assert told["status"] == "closed"


async def test_positions_of_both_sides(ann, watch):
    await ann.set_position_mode(True)
    ann.options["watchPositions"] = {"fetchPositionsSnapshot": False}
    watching = await watch(ann.watch_positions([PERP]))
    await ann.create_order(PERP, "market", "sell", 0.01, None, {"positionIdx": 2})
    (position,) = await heard(watching)
    assert (position["side"], position["contracts"]) == ("short", 0.01)
    assert (position["entryPrice"], position["hedged"]) == (60000, True)


async def test_a_position_that_is_closed_has_no_side(ann, watch):
    await bought(ann, PERP)
    ann.options["watchPositions"] = {"fetchPositionsSnapshot": False}
    watching = await watch(ann.watch_positions())
    await ann.create_order(PERP, "market", "sell", 0.01, None, {"reduceOnly": True})
    (position,) = await heard(watching)
    assert (position["side"], position["contracts"]) == (None, 0)


async def test_the_wallet(ann, watch):
    watching = await watch(ann.watch_balance())
    await bought(ann, SPOT)
    balance = await heard(watching)
    assert balance["USDT"]["total"] == pytest.approx(100_000 - 600.001)
    assert balance["BTC"]["total"] == pytest.approx(1.00999)


@BOTH
async def test_market_streams(ann, control, symbol):
    name = "BTCUSDT" if symbol == PERP else "spot:BTCUSDT"
    for call in (ann.watch_ticker, ann.watch_trades, lambda s: ann.watch_bids_asks([s])):
        watching = asyncio.ensure_future(call(symbol))
        while not watching.done():
            await control.pin("bybit", name, "61234")
            await asyncio.sleep(0.02)
        answer = await watching
    assert (answer[symbol]["bid"], answer[symbol]["ask"]) == (61234, 61234.1)


async def test_a_perpetuals_ticker_moves(ann, control):
    first = await heard(ann.watch_ticker(PERP))
    assert (first["last"], first["bid"]) == (60000, 60000)
    watching = asyncio.ensure_future(ann.watch_ticker(PERP))
    await asyncio.sleep(0.02)
    await control.pin("bybit", "BTCUSDT", "60500")
    assert (await heard(watching))["last"] == 60500


async def test_a_wrong_secret_opens_no_stream(ann, control):
    await ann.load_markets()
    await ann.is_unified_enabled()
    ann.secret = "another"
    with pytest.raises(ccxt.ExchangeError, match="Error sign"):
        await heard(ann.watch_my_trades())
    assert await control.call("GET", "streams") == {}


class Raw(RawSocket):
    """A bare private socket."""

    async def sign_in(self, name="ann", secret="secret-ann", seconds=10):
        expires = int((time.time() + seconds) * 1000)
        text = f"GET/realtime{expires}".encode()
        signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        return await self.ask("auth", f"key-{name}", expires, signature)


@pytest.fixture
async def raw(stack, url):
    session = await stack.enter_async_context(aiohttp.ClientSession())
    address = f"{url}/bybit/v5/private"
    return Raw(await stack.enter_async_context(session.ws_connect(address)))


async def test_private_topics_want_a_signature(ann, raw):
    refused = await raw.ask("subscribe", "execution", req_id="1")
    assert (refused["success"], refused["req_id"]) == (False, "1")
    for wrong in ({"secret": "x"}, {"name": "bob"}, {"seconds": -1}):
        assert (await raw.sign_in(**wrong))["success"] is False
    assert (await raw.sign_in())["success"] is True
    accepted = await raw.ask("subscribe", "execution", req_id="2")
    assert (accepted["success"], accepted["op"], accepted["req_id"]) == (True, "subscribe", "2")
    unknown = await raw.ask("subscribe", "nonsense")
    assert unknown["success"] is False


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"expired": True}, {"allowed_ips": ["10.0.0.1"]}]
)
async def test_a_key_that_opens_nothing_opens_no_socket(ann, control, raw, change):
    await control.call("PATCH", "accounts/ann", change)
    assert (await raw.sign_in())["success"] is False


async def test_ping(ann, raw, stack, url):
    pong = await raw.ask("ping", req_id="7")
    assert (pong["op"], pong["req_id"]) == ("pong", "7")
    session = await stack.enter_async_context(aiohttp.ClientSession())
    address = f"{url}/bybit/v5/public/linear"
    public = Raw(await stack.enter_async_context(session.ws_connect(address)))
    pong = await public.ask("ping", req_id="8")
    assert (pong["op"], pong["ret_msg"], pong["req_id"]) == ("ping", "pong", "8")
    assert (await public.ask("subscribe", "tickers.NOPEUSDT"))["success"] is False
    assert (await public.ask("subscribe", "tickers.BTCUSDT"))["success"] is True
    assert (await public.messages())[0]["type"] == "snapshot"


@pytest.mark.parametrize(
    ("topics", "told"),
    [
        (["execution"], ["execution"]),
        (["execution.linear", "order"], ["execution", "order"]),
        (["execution.spot"], []),
        (
            ["execution", "order", "position", "wallet"],
            ["execution", "position", "order", "wallet"],
        ),
    ],
)
async def test_topics_by_category(ann, raw, topics, told):
    await raw.sign_in()
    await raw.ask("subscribe", *topics)
    await bought(ann, PERP)
    assert [message["topic"] for message in await raw.messages()] == told


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        (None, 2),
        ({"kind": "mute_socket"}, 0),
        ({"kind": "skip_socket", "times": 1}, 1),
        ({"kind": "duplicate_socket", "times": 1}, 3),
    ],
)
async def test_streams_that_misbehave(ann, control, raw, fault, count):
    await raw.sign_in()
    await raw.ask("subscribe", "execution", "order")
    if fault:
        await control.fault(**fault)
    await bought(ann, PERP)
    assert len(await raw.messages()) == count


async def test_after_unsubscribing_nothing_is_told(ann, raw):
    await raw.sign_in()
    await raw.ask("subscribe", "execution")
    assert (await raw.ask("unsubscribe", "execution"))["success"] is True
    await bought(ann, PERP)
    assert await raw.messages() == []
