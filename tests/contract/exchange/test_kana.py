"""The model's Kana over plain HTTP and its socket: reading alone, and the shared faults."""

import asyncio

import aiohttp
import pytest

WALLET = "0xa11ce"
APT, BTC = "APT-USD", "BTC-USD"


class Kana:
    """A wallet with a key there."""

    def __init__(self, session, url, control):
        self.session, self.url, self.control = session, url, control

    async def get(self, path, status=200, key="key-kim", **params):
        headers = {"x-api-key": key} if key else {}
        url = f"{self.url}/kana/{path}"
        async with self.session.get(url, params=params, headers=headers) as response:
            assert response.status == status, await response.text()
            answer = await response.json()
        assert answer["success"] == (status == 200)
        return answer["data"] if status == 200 else answer["message"]

    async def of_wallet(self, path, **params):
        return await self.get(path, userAddress=WALLET, **params)

    async def trade(self, side, qty, symbol=APT, **more):
        body = {"account": "kim", "symbol": symbol, "side": side, "qty": qty, **more}
        return await self.control.post("trade", **body)

    async def subscribe(self, socket, *topics):
        address = await self.of_wallet("getProfileAddress")
        for topic in topics:
            await socket.send_json({"topic": topic, "address": address})
        return [(await heard(socket))["data"] for _ in topics]


@pytest.fixture
async def kana(stack, url, control):
    await control.account("kim", "kana", secret=WALLET)
    await control.pin("kana", APT, "5")
    await control.pin("kana", BTC, "60000")
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return Kana(session, url, control)


@pytest.fixture
async def socket(stack, kana):
    opening = kana.session.ws_connect(f"{kana.url}/kana/ws/")
    return await stack.enter_async_context(opening)


async def heard(socket):
    return await asyncio.wait_for(socket.receive_json(), 3)


async def silent(socket):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(socket.receive_json(), 0.1)


async def test_a_market_is_told_in_units_of_the_chain(kana):
    (market,) = await kana.get("getMarketInfo", marketId="14")
    assert (market["base_name"], market["base_decimals"]) == (APT, 8)
    assert (market["lot_size"], market["min_lots"]) == ("100000", "500")
    assert (market["tick_size"], market["quote_precision"]) == ("1", 3)
    assert "not found" in await kana.get("getMarketInfo", 400, marketId="99")


async def test_prices(kana):
    best = await kana.get("getMarketPrice", marketId="15")
    assert 0 < best["bestBidPrice"] <= 60000 <= best["bestAskPrice"]
    assert await kana.get("getLastExecutionPrice", marketId="15") == {"price": "60000"}


@pytest.mark.parametrize("path", ["getMarketInfo", "getPositions", "getFills"])
async def test_everything_wants_a_key(kana, path):
    assert await kana.get(path, 401, key="", marketId="14") == "Invalid API key"
    assert await kana.get(path, 401, key="another", marketId="14") == "Invalid API key"


async def test_a_wallet_sees_itself_alone(kana):
    await kana.get("getPositions", 400, userAddress="0xb0b")


async def test_fills_and_positions(kana):
    await kana.trade("BUY", "2")
    await kana.trade("SELL", "3")
    (position,) = await kana.of_wallet("getPositions")
    assert (position["trade_side"], position["size"], position["market_id"]) == (False, "1", "14")
    fills = await kana.of_wallet("getFills", marketId="14")
    assert [(fill["order_type"], fill["size"]) for fill in fills] == [
        (4, "1"),
        (7, "2"),
        (1, "2"),
    ]
    assert {fill["trade_id"] for fill in fills} == {position["trade_id"]}
    assert all(fill["timestamp"].isdecimal() for fill in fills)
    assert await kana.of_wallet("getFills", marketId="15") == []
    assert await kana.of_wallet("getPositions", marketId="15") == []


async def test_a_wallet_may_be_long_and_short_at_once(kana):
    await kana.control.account("hedger", "kana", secret="0x4ed6e", hedge=True)
    for side, position in (("BUY", "LONG"), ("SELL", "SHORT")):
        body = {"side": side, "qty": "1", "position_side": position}
        await kana.control.post("trade", account="hedger", symbol=APT, **body)
    found = await kana.get("getPositions", key="key-hedger", userAddress="0x4ed6e")
    assert sorted(position["trade_side"] for position in found) == [False, True]


async def test_a_trade_is_told_on_the_topics_that_were_asked_for(kana, socket):
    await kana.trade("BUY", "1")
    past, held = await kana.subscribe(socket, "trade_history", "positions")
    assert ([row["size"] for row in past], [row["is_long"] for row in held]) == (["1"], [True])

    await kana.trade("BUY", "2")

    messages = [await heard(socket), await heard(socket)]
    told = {message["message"]: message["data"] for message in messages}
    (trade,), (position,) = told["trade_history"], told["positions"]
    (listed, *_) = await kana.of_wallet("getFills", marketId="14")
    assert trade == listed
    assert (position["size"], position["trade_id"]) == ("3", trade["trade_id"])
    await silent(socket)


async def test_orders_are_told(kana, socket):
    assert await kana.subscribe(socket, "order_history") == [[]]
    await kana.trade("BUY", "1", price="4")
    (order,) = (await heard(socket))["data"]
    assert (order["status"], order["is_market_order"]) == ("Open", False)


async def test_nothing_is_told_of_an_unknown_address_or_topic(kana, socket):
    address = await kana.of_wallet("getProfileAddress")
    await socket.send_json({"topic": "trade_history", "address": "0x0"})
    await socket.send_json({"topic": "weather", "address": address})
    await kana.trade("BUY", "1")
    await silent(socket)


@pytest.mark.parametrize(
    ("fault", "copies"), [("skip_socket", 0), ("mute_socket", 0), ("duplicate_socket", 2)]
)
async def test_messages_are_lost_and_doubled(kana, socket, fault, copies):
    await kana.subscribe(socket, "trade_history")
    await kana.control.fault(fault, account="kim")
    await kana.trade("BUY", "1")
    for _ in range(copies):
        assert (await heard(socket))["message"] == "trade_history"
    await silent(socket)


async def test_a_socket_is_cut(kana, socket):
    await kana.subscribe(socket, "trade_history")
    await kana.control.fault("drop_socket", account="kim")
    await kana.trade("BUY", "1")
    assert (await asyncio.wait_for(socket.receive(), 3)).type is not aiohttp.WSMsgType.TEXT
    assert socket.closed


@pytest.mark.parametrize("status", [503, 429, 500])
async def test_requests_fail(kana, status):
    await kana.control.fault("status", status=status, endpoint="fills")
    await kana.get("getFills", status, userAddress=WALLET, marketId="14")
    await kana.of_wallet("getPositions")


async def test_a_list_may_lag(kana):
    await kana.control.post("lag", venue="kana", kind="fills", ms=60_000)
    await kana.trade("BUY", "1")
    assert await kana.of_wallet("getFills", marketId="14") == []


async def test_too_much_is_refused(kana):
    await kana.control.post("limits", venue="kana", weight_per_minute=2)
    for _ in range(2):
        await kana.get("getMarketPrice", marketId="14")
    await kana.get("getMarketPrice", 429, marketId="14")


async def test_a_disabled_key_and_a_foreign_address(kana):
    await kana.control.call("PATCH", "accounts/kim", {"allowed_ips": ["10.0.0.1"]})
    assert await kana.get("getPositions", 403, userAddress=WALLET) == "Forbidden"
    await kana.control.call("PATCH", "accounts/kim", {"any_ip": True, "enabled": False})
    await kana.get("getPositions", 401, userAddress=WALLET)


async def test_a_trade_by_hand_of_nobody(kana):
    body = {"account": "nobody", "symbol": APT, "side": "BUY", "qty": "1"}
    async with kana.session.post(f"{kana.url}/_control/trade", json=body) as response:
        assert response.status == 404
