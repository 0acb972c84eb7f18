"""Kraken's second socket through ccxt.pro, and bare for what ccxt does not show."""

import asyncio
import base64

import aiohttp
import ccxt
import pytest

from pilotfish_local.exchange.kraken import sockets
from tests.contract.exchange.conftest import make_client

BTC = "BTC/USD"
SECRET = base64.b64encode(b"a secret of many bytes").decode()


@pytest.fixture
async def kat(stack, url, control):
    await control.account("kat", "kraken", secret=SECRET)
    await control.pin("kraken", "XBTUSD", "60000")
    client = make_client("kraken", url, "kat", pro=True)
    client.secret = SECRET
    stack.push_async_callback(client.close)
    await client.load_markets()
    return client


@pytest.fixture
async def socket(stack, url):
    session = await stack.enter_async_context(aiohttp.ClientSession())
    opened = await stack.enter_async_context(session.ws_connect(f"{url}/kraken/v2"))
    assert (await opened.receive_json())["channel"] == "status"
    return opened


async def heard(coroutine, seconds=3):
    return await asyncio.wait_for(coroutine, seconds)


async def messages(socket, quiet=0.1):
    found = []
    while True:
        try:
            found.append(await asyncio.wait_for(socket.receive_json(), quiet))
        except TimeoutError:
            return [m for m in found if m.get("channel") != "heartbeat"]


async def listening(control, account="kat"):
    while account not in await control.call("GET", "streams"):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def subscribed(kat, socket, **params):
    token = (await kat.privatePostGetWebSocketsToken())["result"]["token"]
    asked = {"channel": "executions", "token": token, **params}
    await socket.send_json({"method": "subscribe", "params": asked, "req_id": 7})
    return await messages(socket)


async def test_my_trades(kat, control):
    watching = asyncio.ensure_future(kat.watch_my_trades())
    await listening(control)
    made = await kat.create_order(BTC, "market", "buy", 0.01)
    (trade,) = await heard(watching)
    (fetched,) = await kat.fetch_my_trades()
    for field in ("id", "order", "symbol", "side", "price", "amount", "takerOrMaker", "timestamp"):
        assert trade[field] == fetched[field], field
    assert (trade["order"], trade["fee"]["currency"]) == (made["id"], "USD")
    assert trade["fee"]["cost"] == pytest.approx(fetched["fee"]["cost"])


async def test_orders_are_told_until_they_are_cancelled(kat, control):
    states = []

    async def until_canceled():
        while "canceled" not in states:
            states.append((await kat.watch_orders())[-1]["status"])

    watching = asyncio.ensure_future(until_canceled())
    await listening(control)
    made = await kat.create_order(BTC, "limit", "buy", 0.01, 50000)
    await asyncio.sleep(0.05)
    await kat.cancel_order(made["id"])
    await heard(watching)
    assert states[0] == "open"


async def test_a_ticker(kat, control):
    watching = asyncio.ensure_future(kat.watch_ticker(BTC))
    assert (await heard(watching))["bid"] == 60000
    moved = asyncio.ensure_future(kat.watch_ticker(BTC))
    await asyncio.sleep(0.05)
    await control.pin("kraken", "XBTUSD", "61234")
    assert (await heard(moved))["bid"] == 61234


async def test_a_subscription_is_confirmed_and_begins_with_what_is_open(kat, socket):
    await kat.create_order(BTC, "limit", "buy", 0.01, 50000, {"clientOrderId": "mine"})
    await kat.create_order(BTC, "market", "buy", 0.01)
    confirmed, snapshot = await subscribed(kat, socket)
    assert (confirmed["success"], confirmed["req_id"]) == (True, 7)
    assert confirmed["result"]["channel"] == "executions"
    assert (snapshot["type"], snapshot["sequence"]) == ("snapshot", 1)
    (order,) = snapshot["data"]
    assert (order["exec_type"], order["cl_ord_id"]) == ("new", "mine")


async def test_the_last_trades_are_in_the_snapshot_when_they_are_wanted(kat, socket):
    made = await kat.create_order(BTC, "market", "buy", 0.01)
    _, snapshot = await subscribed(kat, socket, snap_trades=True, snap_orders=False)
    assert [(t["exec_type"], t["order_id"]) for t in snapshot["data"]] == [("trade", made["id"])]


async def test_an_order_is_told_step_by_step(kat, socket, control):
    await subscribed(kat, socket)
    await control.fault("partial_fill", endpoint="order_create", pieces=2)
    await kat.create_order(BTC, "market", "buy", 0.02)
    told = await messages(socket)
    assert [m["data"][0]["exec_type"] for m in told] == [
        "pending_new",
        "new",
        "trade",
        "trade",
        "filled",
    ]
    assert [m["sequence"] for m in told] == [2, 3, 4, 5, 6]
    assert {m["data"][0]["order_status"] for m in told[2:4]} == {"partially_filled"}
    assert told[4]["data"][0]["cum_qty"] == 0.02


async def test_a_token_that_is_none(socket):
    asked = {"channel": "executions", "token": "nonsense"}
    await socket.send_json({"method": "subscribe", "params": asked, "req_id": 1})
    (refused,) = await messages(socket)
    assert (refused["success"], refused["error"]) == (False, "ESession:Invalid session")


async def test_a_second_subscription_is_refused(kat, socket):
    await subscribed(kat, socket)
    (refused,) = await subscribed(kat, socket)
    assert refused["error"] == "Already subscribed"


async def test_pings_and_heartbeats(socket, monkeypatch):
    await socket.send_json({"method": "ping", "req_id": 3})
    (pong,) = await messages(socket)
    assert (pong["method"], pong["req_id"]) == ("pong", 3)
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.01)
    while (await heard(socket.receive_json())).get("channel") != "heartbeat":
        pass


@pytest.mark.parametrize(
    ("fault", "sequences"),
    [
        (None, [2, 3, 4, 5]),
        ({"kind": "mute_socket"}, []),
        ({"kind": "skip_socket", "times": 1, "skip": 1}, [2, 4, 5]),
        ({"kind": "duplicate_socket", "times": 1}, [2, 2, 3, 4, 5]),
    ],
)
async def test_streams_that_misbehave(kat, socket, control, fault, sequences):
    await subscribed(kat, socket)
    if fault:
        await control.fault(**fault)
    await kat.create_order(BTC, "market", "buy", 0.01)
    assert [m["sequence"] for m in await messages(socket)] == sequences


async def test_a_dropped_socket_raises_and_can_be_opened_again(kat, control):
    watching = asyncio.ensure_future(kat.watch_my_trades())
    await listening(control)
    assert (await control.post("streams/drop", accounts=["kat"]))["dropped"] == 1
    with pytest.raises(ccxt.NetworkError):
        await heard(watching)
    again = asyncio.ensure_future(kat.watch_my_trades())
    await listening(control)
    await kat.create_order(BTC, "market", "buy", 0.01)
    assert len(await heard(again)) == 1


async def test_no_token_without_a_key(kat, control):
    await control.fault("status", endpoint="stream", account="kat", status=503, times=1)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await heard(kat.watch_my_trades())
    await control.call("PATCH", "accounts/kat", {"enabled": False})
    with pytest.raises(ccxt.AuthenticationError, match="EAPI:Invalid key"):
        await heard(kat.watch_my_trades())
