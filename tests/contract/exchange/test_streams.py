"""User and market streams through ccxt.pro, Delta's native socket, and their faults."""

import asyncio
import hashlib
import hmac
import time

import aiohttp
import ccxt
import pytest

SPOT, USDM = "BTC/USDT", "BTC/USDT:USDT"
SYMBOL = {"binance": SPOT, "binanceusdm": USDM}


async def heard(coroutine, seconds=3):
    return await asyncio.wait_for(coroutine, seconds)


async def listening(control, account):
    """Wait until the exchange has someone on an account's stream."""
    while account not in await control.call("GET", "streams"):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.fixture
def watch(control):
    """Start a ccxt.pro watcher and wait until the exchange knows of it."""

    async def started(account, coroutine):
        task = asyncio.ensure_future(coroutine)
        await listening(control, account)
        await asyncio.sleep(0.02)
        return task

    return started


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_my_trades(connect, watch, venue):
    client = await connect(venue, "ann", pro=True)
    symbol = SYMBOL[venue]
    watching = await watch("ann", client.watch_my_trades(symbol))
    made = await client.create_order(symbol, "market", "buy", 0.01)
    (trade,) = await heard(watching)
    (fetched,) = await client.fetch_my_trades(symbol)
    for field in ("id", "order", "symbol", "side", "price", "amount", "cost", "takerOrMaker"):
        assert trade[field] == fetched[field], field
    assert trade["order"] == made["id"]
    assert trade["timestamp"] == fetched["timestamp"]
    assert trade["fee"] == fetched["fee"]


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_orders_are_told_until_they_are_filled(connect, watch, venue):
    client = await connect(venue, "ann", pro=True)
    symbol = SYMBOL[venue]
    states = []

    async def until_closed():
        while not states or states[-1]["status"] != "closed":
            states.append((await client.watch_orders(symbol))[-1])

    watching = await watch("ann", until_closed())
    params = {"newClientOrderId": "mine"}
    await client.create_order(symbol, "market", "buy", 0.01, None, params)
    await heard(watching)
    assert states[-1]["clientOrderId"] == "mine"
    assert states[-1]["filled"] == 0.01


async def test_cancelling_is_told(connect, watch):
    client = await connect("binance", "sam", pro=True)
    made = await client.create_order(SPOT, "limit", "buy", 0.01, 50000, {"newClientOrderId": "m"})
    watching = await watch("sam", client.watch_orders(SPOT))
    await client.cancel_order(made["id"], SPOT)
    (order,) = await heard(watching)
    assert (order["status"], order["clientOrderId"]) == ("canceled", "m")


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_balance(connect, watch, venue):
    client = await connect(venue, "ann", pro=True)
    watching = await watch("ann", client.watch_balance())
    await client.create_order(SYMBOL[venue], "market", "buy", 0.01)
    balance = await heard(watching)
    assert balance["USDT"]["total"] < 100_000 or balance["USDT"]["free"] < 100_000


async def test_positions(connect, watch):
    client = await connect("binanceusdm", "ann", pro=True)
    client.options["watchPositions"] = {"fetchPositionsSnapshot": False}
    watching = await watch("ann", client.watch_positions([USDM]))
    await client.create_order(USDM, "market", "sell", 0.01)
    (position,) = await heard(watching)
    assert (position["side"], position["contracts"]) == ("short", 0.01)
    assert position["entryPrice"] == 60000


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_market_streams(connect, control, venue):
    client = await connect(venue, "ann", pro=True)
    symbol = SYMBOL[venue]
    calls = (client.watch_ticker, client.watch_trades, lambda s: client.watch_bids_asks([s]))
    for call in calls:
        watching = asyncio.ensure_future(call(symbol))
        while not watching.done():
            await control.pin(venue, "BTCUSDT", "61234")
            await asyncio.sleep(0.02)
        answer = await watching
    assert answer[symbol]["bid"] == 61234


async def test_a_wrong_signature_opens_no_stream(connect, client_of, control):
    await connect("binance", "sam")
    client = await client_of("binance", "sam", pro=True, fetchCurrencies=False)
    client.options["fetchMargins"] = False
    client.secret = "another"
    refused = (ccxt.AuthenticationError, KeyError)  # 4.5.90 trips over its own clean-up
    with pytest.raises(refused):
        await heard(client.watch_my_trades(SPOT))
    assert await control.call("GET", "streams") == {}


async def test_a_dropped_socket_raises_and_can_be_opened_again(connect, watch, control):
    client = await connect("binanceusdm", "ann", pro=True)
    watching = await watch("ann", client.watch_my_trades())
    assert (await control.post("streams/drop", accounts=["ann"]))["dropped"] == 1
    with pytest.raises(ccxt.NetworkError):
        await heard(watching)
    again = await watch("ann", client.watch_my_trades())
    await client.create_order(USDM, "market", "buy", 0.01)
    assert len(await heard(again)) == 1


async def test_a_socket_that_drops_at_a_fill(connect, watch, control):
    client = await connect("binanceusdm", "ann", pro=True)
    watching = await watch("ann", client.watch_my_trades())
    await control.fault("drop_socket", account="ann", times=1)
    await client.create_order(USDM, "market", "buy", 0.01)
    with pytest.raises(ccxt.NetworkError):
        await heard(watching)
    assert len(await client.fetch_my_trades(USDM)) == 1


async def test_a_stream_that_the_venue_ends(connect, control, raw):
    client = await connect("binanceusdm", "ann")
    socket = await raw("ann")
    await listening(control, "ann")
    assert (await control.post("streams/end", accounts=["ann"]))["ended"] == 1
    await client.create_order(USDM, "market", "buy", 0.01)
    assert [m["e"] for m in await messages(socket)] == ["listenKeyExpired"]
    with pytest.raises(ccxt.AuthenticationError, match="-1125"):
        await client.fapiPrivatePutListenKey()


async def test_a_spot_stream_that_the_venue_ends(connect, watch, control):
    client = await connect("binance", "sam", pro=True)
    watching = await watch("sam", client.watch_my_trades())
    assert (await control.post("streams/end"))["ended"] == 1
    await client.create_order(SPOT, "market", "buy", 0.01)
    await asyncio.sleep(0.05)
    assert not watching.done()
    watching.cancel()


@pytest.fixture
async def raw(stack, url, control):
    """A bare user-stream socket of USD-M, for counting messages."""

    async def opened(account):
        session = await stack.enter_async_context(aiohttp.ClientSession())
        key = {"X-MBX-APIKEY": f"key-{account}"}
        async with session.post(f"{url}/binanceusdm/fapi/v1/listenKey", headers=key) as response:
            listen_key = (await response.json())["listenKey"]
        return await stack.enter_async_context(
            session.ws_connect(f"{url}/binanceusdm/ws/{listen_key}")
        )

    return opened


async def messages(socket, quiet=0.1):
    found = []
    while True:
        try:
            found.append(await asyncio.wait_for(socket.receive_json(), quiet))
        except TimeoutError:
            return found


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        (None, 3),
        ({"kind": "mute_socket"}, 0),
        ({"kind": "skip_socket", "times": 2}, 1),
        ({"kind": "duplicate_socket", "times": 1}, 4),
    ],
)
async def test_streams_that_misbehave(connect, control, raw, fault, count):
    client = await connect("binanceusdm", "ann")
    socket = await raw("ann")
    await listening(control, "ann")
    if fault:
        await control.fault(**fault)
    await client.create_order(USDM, "market", "buy", 0.01)
    found = await messages(socket)
    assert len(found) == count
    if fault is None:
        kinds = [(m["e"], m.get("o", {}).get("x")) for m in found]
        assert kinds == [
            ("ORDER_TRADE_UPDATE", "NEW"),
            ("ACCOUNT_UPDATE", None),
            ("ORDER_TRADE_UPDATE", "TRADE"),
        ]


async def test_a_handshake_that_fails(connect, control, raw):
    await connect("binanceusdm", "ann")
    await control.fault("status", endpoint="stream", account="ann", status=503, skip=1)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await raw("ann")


async def test_a_listen_key_lives_until_it_is_closed(connect):
    client = await connect("binanceusdm", "ann")
    first = await client.fapiPrivatePostListenKey()
    assert await client.fapiPrivatePostListenKey() == first
    assert await client.fapiPrivatePutListenKey() == first
    await client.fapiPrivateDeleteListenKey()
    with pytest.raises(ccxt.AuthenticationError, match="-1125"):
        await client.fapiPrivatePutListenKey()
    assert await client.fapiPrivatePostListenKey() != first


def signed_in(name, secret, kind="key-auth"):
    stamp = str(int(time.time()))
    text = f"GET{stamp}/live".encode()
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    payload = {"api-key": f"key-{name}", "signature": signature, "timestamp": stamp}
    return {"type": kind, "payload": payload}


async def test_deltas_own_socket(connect, control):
    client = await connect("delta", "dee")
    await client.load_markets()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{control.base}/delta") as socket,
    ):
        channels = [
            {"name": name, "symbols": ["all"]} for name in ("v2/user_trades", "orders", "positions")
        ]
        subscribe = {"type": "subscribe", "payload": {"channels": channels}}
        await socket.send_json(subscribe)
        assert all("error" in c for c in (await socket.receive_json())["channels"])
        await socket.send_json(signed_in("dee", "wrong"))
        assert (await socket.receive_json())["success"] is False
        await socket.send_json(signed_in("dee", "secret-dee"))
        assert (await socket.receive_json())["status"] == "authenticated"
        await socket.send_json(subscribe)
        assert [m["type"] for m in await messages(socket)] == ["subscriptions"]
        made = await client.create_order("BTC/USD:USD", "market", "buy", 3, None, {"c": "1"})
        found = {m["type"]: m for m in await messages(socket)}
    trade = found["v2/user_trades"]
    (fetched,) = await client.fetch_my_trades()
    assert (trade["f"], str(trade["o"])) == (fetched["id"], made["id"])
    assert (trade["sy"], trade["S"], trade["s"], trade["p"]) == ("BTCUSD", "buy", 3, "60000.5")
    assert found["positions"]["size"] == 3
    assert found["orders"]["state"] == "closed"


async def test_deltas_channels_are_by_symbol(connect, control):
    client = await connect("delta", "dee")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{control.base}/delta") as socket,
    ):
        await socket.send_json(signed_in("dee", "secret-dee", "auth"))
        assert (await socket.receive_json())["message"] == "Authenticated"
        channels = [{"name": "v2/user_trades", "symbols": ["ETHUSD"]}]
        await socket.send_json({"type": "subscribe", "payload": {"channels": channels}})
        await socket.receive_json()
        await client.create_order("BTC/USD:USD", "market", "buy", 1)
        await client.create_order("ETH/USD:USD", "market", "buy", 1)
        assert [m["sy"] for m in await messages(socket)] == ["ETHUSD"]
