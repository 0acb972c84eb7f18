"""Bybit's keys, clock and limits, and each fault as ccxt.bybit meets it."""

import asyncio
import time

import aiohttp
import ccxt
import pytest

PERP = "BTC/USDT:USDT"


@pytest.fixture
async def ann(connect):
    client = await connect("bybit", "ann")
    await client.load_markets()
    await client.is_unified_enabled()
    return client


async def bought(client, link="c"):
    return await client.create_order(PERP, "market", "buy", 0.01, None, {"orderLinkId": link})


async def looked_up(client, link="c"):
    query = {"category": "linear", "orderLinkId": link}
    return (await client.privateGetV5OrderRealtime(query))["result"]["list"]


async def test_a_wrong_secret(ann):
    ann.secret = "another"
    with pytest.raises(ccxt.AuthenticationError, match="10004"):
        await ann.fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="10004"):
        await bought(ann)


async def test_an_unknown_key_and_none(ann, client_of, control):
    stranger = await client_of("bybit", "nobody")
    with pytest.raises(ccxt.AuthenticationError, match="10003"):
        await stranger.privateGetV5UserQueryApi()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{control.base}/bybit/v5/user/query-api") as response,
    ):
        assert (response.status, (await response.json())["retCode"]) == (200, 10003)


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"enabled": False}, ccxt.AuthenticationError, "10003"),
        ({"expired": True}, ccxt.AuthenticationError, "33004"),
        ({"can_trade": False}, ccxt.PermissionDenied, "10005"),
        ({"allowed_ips": ["10.0.0.1"]}, ccxt.PermissionDenied, "10010"),
    ],
)
async def test_a_key_that_may_not(ann, control, change, error, code):
    await control.call("PATCH", "accounts/ann", change)
    with pytest.raises(error, match=f'"retCode":{code},'):
        await bought(ann)
    (rejected,) = await control.rejected(account="ann")
    assert (rejected["code"], rejected["symbol"], rejected["qty"]) == (code, "BTCUSDT", "0.01")
    if change == {"can_trade": False}:
        assert await ann.fetch_balance()


async def test_what_a_key_may_is_told(connect, control):
    client = await connect("bybit", "bob", can_withdraw=True, allowed_ips=["127.0.0.1"])
    told = (await client.privateGetV5UserQueryApi())["result"]
    assert (told["readOnly"], told["ips"], told["uta"]) == (0, ["127.0.0.1"], 1)
    assert "Withdraw" in told["permissions"]["Wallet"]
    await control.call("PATCH", "accounts/bob", {"can_withdraw": False, "can_trade": False})
    told = (await client.privateGetV5UserQueryApi())["result"]
    assert (told["readOnly"], told["permissions"]["Wallet"]) == (1, [])


@pytest.mark.parametrize("offset", [-5_000, 60_000])
async def test_the_clock_is_the_exchanges_own(ann, control, offset):
    await control.post("clock", venue="bybit", offset_ms=offset)
    with pytest.raises(ccxt.InvalidNonce, match="10002"):
        await bought(ann)
    await ann.load_time_difference()
    await bought(ann)
    (trade,) = await ann.fetch_my_trades(PERP)
    assert abs(trade["timestamp"] - ann.milliseconds() - offset) < 3000


async def test_a_wider_window_lets_a_slow_clock_in(ann, control):
    await control.post("clock", venue="bybit", offset_ms=20_000)
    ann.options["recvWindow"] = 30_000
    assert await ann.fetch_balance()


async def test_too_many_requests(ann, control):
    await control.post("forgive")
    await control.post("limits", venue="bybit", weight_per_minute=2)
    await ann.fetch_my_trades(PERP)
    assert ann.last_response_headers["X-Bapi-Limit-Status"] == "1"
    await ann.fetch_my_trades(PERP)
    with pytest.raises(ccxt.RateLimitExceeded, match="10006"):
        await ann.fetch_my_trades(PERP)
    headers = ann.last_response_headers
    assert int(headers["X-Bapi-Limit-Reset-Timestamp"]) > time.time() * 1000


async def test_too_many_orders_and_no_end(ann, control):
    await control.post("limits", venue="bybit", orders_per_10s=0, ban_after=2, ban_s=30)
    for _ in range(2):
        with pytest.raises(ccxt.RateLimitExceeded, match="10006"):
            await bought(ann)
    with pytest.raises(ccxt.RateLimitExceeded, match="10018"):
        await bought(ann)
    assert [r["code"] for r in await control.rejected()] == ["10006", "10006", "10018"]
    assert await control.orders() == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429}, ccxt.RateLimitExceeded),
        ({"status": 403}, ccxt.RateLimitExceeded),
        ({"status": 500}, ccxt.ExchangeError),
        ({"status": 503}, ccxt.ExchangeError),
        ({"status": 504}, ccxt.ExchangeError),
        ({"status": 502, "body": "html"}, ccxt.ExchangeNotAvailable),
        ({"status": 503, "body": "empty"}, ccxt.ExchangeNotAvailable),
        ({"status": 200, "code": 170007, "message": "Timeout"}, ccxt.RequestTimeout),
    ],
)
async def test_a_bad_status(ann, control, fault, error):
    await control.fault("status", endpoint="order_create", times=1, **fault)
    with pytest.raises(error):
        await bought(ann)
    assert await control.orders() == []


async def test_an_outage_speaks_bybit(ann, control):
    await control.fault("status", venue="bybit", endpoint="any", status=503)
    with pytest.raises(ccxt.ExchangeError, match='"retCode":10016,"retMsg":"Server error'):
        await ann.fetch_time()
    await control.call("DELETE", "faults")
    with pytest.raises(ccxt.BadRequest, match="10017"):
        await ann.publicGetV5MarketKline({"symbol": "BTCUSDT"})


async def test_an_order_in_pieces(ann, control):
    await control.fault("partial_fill", endpoint="order_create", pieces=2, interval_ms=100)
    made = await bought(ann)
    (partial,) = await looked_up(ann)
    assert (partial["orderStatus"], partial["leavesQty"]) == ("PartiallyFilled", "0.005")
    await asyncio.sleep(0.2)
    trades = await ann.fetch_my_trades(PERP)
    assert [t["info"]["leavesQty"] for t in trades] == ["0.005", "0"]
    assert {t["order"] for t in trades} == {made["id"]}


async def test_only_a_part_fills(ann, control):
    await control.fault("partial_fill", endpoint="order_create", fraction="0.4")
    await bought(ann)
    (order,) = await looked_up(ann)
    assert (order["orderStatus"], order["cumExecQty"]) == ("Cancelled", "0.004")
    await control.call("DELETE", "faults")
    await control.fault("partial_fill", endpoint="order_create", fraction="0.4")
    made = await ann.create_order("BTC/USDT", "market", "buy", 0.01)
    found = await ann.fetch_order(made["id"], "BTC/USDT", {"acknowledged": True})
    assert found["info"]["orderStatus"] == "PartiallyFilledCanceled"
