"""OKX's sockets through ccxt.pro.okx, and their faults."""

import asyncio
import base64
import hashlib
import hmac
import time
from decimal import Decimal

import aiohttp
import ccxt
import pytest

from tests.contract.exchange.sockets import RawSocket, heard, listening

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
BOTH = pytest.mark.parametrize("symbol", [SPOT, SWAP])


@pytest.fixture
async def ann(connect):
    return await connect("okx", "ann", pro=True)


@pytest.fixture
def watch(control):
    """Start a ccxt.pro watcher of ann's and wait until the exchange knows of it."""

    async def started(coroutine):
        task = asyncio.ensure_future(coroutine)
        await listening(control, "ann")
        return task

    return started


async def bought(client, symbol, amount=1, **params):
    size = amount if symbol == SWAP else amount / 100
    return await client.create_order(symbol, "market", "buy", size, None, params)


@BOTH
async def test_a_fill_is_told_by_the_orders_channel_as_it_is_looked_up(ann, watch, symbol):
    watching = await watch(ann.watch_my_trades())
    made = await bought(ann, symbol, clOrdId="mine")
    (told,) = await heard(watching)
    (fetched,) = await ann.fetch_my_trades(symbol)
    for name in ("id", "order", "symbol", "side", "price", "amount", "cost", "takerOrMaker"):
        assert told[name] == fetched[name], name
    assert (told["order"], told["info"]["clOrdId"]) == (made["id"], "mine")
    assert told["timestamp"] == fetched["timestamp"]
    # ccxt negates the fee of a look-up, and leaves that of the socket as OKX sends it.
    assert told["fee"] == {**fetched["fee"], "cost": -fetched["fee"]["cost"]}


async def test_every_piece_of_an_order_is_told(ann, watch, control):
    await control.fault("partial_fill", endpoint="order_create", pieces=3)
    watching = await watch(ann.watch_my_trades(SWAP))
    await bought(ann, SWAP, 10)
    await heard(watching)
    await asyncio.sleep(0.05)
    told = {trade["id"]: Decimal(trade["info"]["fillSz"]) for trade in ann.myTrades}
    fetched = await ann.fetch_my_trades(SWAP)
    assert told == {trade["id"]: Decimal(trade["info"]["fillSz"]) for trade in fetched}
    assert sum(told.values()) == 10
    assert [t["info"]["state"] for t in ann.myTrades][-1] == "filled"


@BOTH
async def test_orders_are_told_until_they_are_filled(ann, watch, control, symbol):
    watching = await watch(ann.watch_orders(symbol))
    size = 1 if symbol == SWAP else 0.01
    made = await ann.create_order(symbol, "limit", "buy", size, 59000, {"clOrdId": "mine"})
    (opened,) = await heard(watching)
    assert (opened["id"], opened["status"], opened["clientOrderId"]) == (made["id"], "open", "mine")
    watching = asyncio.ensure_future(ann.watch_orders(symbol))
    await asyncio.sleep(0.05)
    await control.pin("okx", "BTC-USDT-SWAP" if symbol == SWAP else "BTC-USDT", "58000")
    (filled,) = await heard(watching)
    assert (filled["id"], filled["status"], filled["filled"]) == (made["id"], "closed", size)


async def test_positions_of_both_sides(ann, watch):
    await ann.set_position_mode(True)
    watching = await watch(ann.watch_positions())
    await ann.create_order(SWAP, "market", "sell", 2, None, {"positionSide": "short"})
    (position,) = await heard(watching)
    assert (position["side"], position["contracts"]) == ("short", 2)
    assert (position["entryPrice"], position["hedged"]) == (60000, True)


async def test_positions_are_told_at_once_to_who_subscribes(ann, watch):
    await bought(ann, SWAP)
    (position,) = await heard(ann.watch_positions([SWAP]))
    assert (position["side"], position["contracts"]) == ("long", 1)


async def test_the_account(ann, watch):
    assert (await heard(ann.watch_balance()))["USDT"]["total"] == 100_000
    watching = asyncio.ensure_future(ann.watch_balance())
    await asyncio.sleep(0.05)
    await bought(ann, SPOT)
    await heard(watching)
    await asyncio.sleep(0.05)
    assert ann.balance["BTC"]["total"] == pytest.approx(1.00999)


@BOTH
async def test_market_streams(ann, control, symbol):
    name = "BTC-USDT-SWAP" if symbol == SWAP else "BTC-USDT"
    for call in (ann.watch_ticker, ann.watch_trades, lambda s: ann.watch_bids_asks([s])):
        watching = asyncio.ensure_future(call(symbol))
        while not watching.done():
            await control.pin("okx", name, "61234")
            await asyncio.sleep(0.02)
        answer = await watching
    assert (answer[symbol]["bid"], answer[symbol]["ask"]) == (61234, 61234.1)


async def test_a_wrong_secret_opens_no_stream(ann, control):
    await ann.load_markets()
    ann.secret = "another"
    with pytest.raises(ccxt.AuthenticationError, match="60007"):
        await heard(ann.watch_my_trades())
    assert await control.call("GET", "streams") == {}


class Raw(RawSocket):
    """A bare private socket."""

    async def login(self, name="ann", secret="secret-ann", phrase="p", at=0):
        stamp = str(int(time.time()) + at)
        text = f"{stamp}GET/users/self/verify".encode()
        sign = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
        key = {"apiKey": f"key-{name}", "passphrase": phrase, "timestamp": stamp, "sign": sign}
        return await self.ask("login", key)


ORDERS = {"channel": "orders", "instType": "ANY"}


@pytest.fixture
async def raw(stack, url):
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return Raw(await stack.enter_async_context(session.ws_connect(f"{url}/okx/ws/v5/private")))


async def test_private_channels_want_a_login(ann, raw):
    assert (await raw.ask("subscribe", ORDERS))["code"] == "60011"
    for wrong, code in (
        ({"secret": "x"}, "60007"),
        ({"name": "bob"}, "60032"),
        ({"at": -60}, "60006"),
        ({"phrase": ""}, "60024"),
    ):
        answer = await raw.login(**wrong)
        assert (answer["event"], answer["code"]) == ("error", code)
    answer = await raw.login()
    assert (answer["event"], answer["code"]) == ("login", "0")
    answer = await raw.ask("subscribe", ORDERS)
    assert (answer["event"], answer["arg"]) == ("subscribe", ORDERS)
    assert (await raw.ask("subscribe", {"channel": "nonsense"}))["code"] == "60018"
    assert (await raw.ask("dance"))["code"] == "60012"


async def test_a_passphrase_that_was_set_must_be_given(connect, raw):
    client = await connect("okx", "bob", passphrase="open sesame")
    with pytest.raises(ccxt.AuthenticationError, match="50105"):
        await client.fetch_balance()
    assert (await raw.login("bob", "secret-bob", "p"))["code"] == "60024"
    assert (await raw.login("bob", "secret-bob", "open sesame"))["code"] == "0"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enabled": False}, "60032"),
        ({"expired": True}, "60032"),
        ({"allowed_ips": ["10.0.0.1"]}, "60009"),
    ],
)
async def test_a_key_that_opens_nothing_opens_no_socket(ann, control, raw, change, code):
    await control.call("PATCH", "accounts/ann", change)
    assert (await raw.login())["code"] == code


async def test_ping_is_plain_text(ann, raw):
    await raw.socket.send_str("ping")
    assert (await asyncio.wait_for(raw.socket.receive(), 3)).data == "pong"


@pytest.mark.parametrize(
    ("argument", "states"),
    [
        (ORDERS, ["live", "filled"]),
        ({"channel": "orders", "instType": "SWAP"}, ["live", "filled"]),
        ({"channel": "orders", "instType": "SPOT"}, []),
        ({"channel": "orders", "instType": "SWAP", "instId": "ETH-USDT-SWAP"}, []),
    ],
)
async def test_orders_by_type_and_instrument(ann, raw, argument, states):
    await raw.login()
    await raw.ask("subscribe", argument)
    await bought(ann, SWAP)
    found = await raw.messages()
    assert [message["data"][0]["state"] for message in found] == states
    assert all(message["arg"].items() >= argument.items() for message in found)
    assert [message["data"][0]["tradeId"] != "" for message in found] == [False, True][: len(found)]


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
    await raw.login()
    await raw.ask("subscribe", ORDERS)
    if fault:
        await control.fault(**fault)
    await bought(ann, SWAP)
    assert len(await raw.messages()) == count


async def test_each_push_tells_its_own_fill_and_the_end_tells_none(ann, control, raw):
    await control.fault("partial_fill", endpoint="order_create", pieces=2, fraction="0.4")
    await raw.login()
    await raw.ask("subscribe", ORDERS)
    await bought(ann, SWAP, 1)
    rows = [message["data"][0] for message in await raw.messages()]
    assert [row["state"] for row in rows] == ["live", *["partially_filled"] * 2, "canceled"]
    assert [row["fillSz"] for row in rows] == ["0", "0.2", "0.2", "0"]
    ids = [row["tradeId"] for row in rows]
    assert (ids[0], ids[-1]) == ("", "")
    assert len({*ids}) == 3
    assert [row["accFillSz"] for row in rows][-1] == "0.4"


async def test_after_unsubscribing_nothing_is_told(ann, raw):
    await raw.login()
    await raw.ask("subscribe", ORDERS)
    assert (await raw.ask("unsubscribe", ORDERS))["event"] == "unsubscribe"
    await bought(ann, SWAP)
    assert await raw.messages() == []
