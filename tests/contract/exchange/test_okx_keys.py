"""OKX's keys, clock and limits, and each fault as ccxt.okx meets it."""

import aiohttp
import ccxt
import pytest

SWAP = "BTC/USDT:USDT"


@pytest.fixture
async def ann(connect):
    client = await connect("okx", "ann")
    await client.load_markets()
    return client


async def bought(client, link="c"):
    return await client.create_order(SWAP, "market", "buy", 1, None, {"clOrdId": link})


async def looked_up(client, link="c"):
    return await client.fetch_order("", SWAP, {"clOrdId": link})


async def test_a_wrong_secret(ann):
    ann.secret = "another"
    with pytest.raises(ccxt.AuthenticationError, match="50113"):
        await ann.fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="50113"):
        await bought(ann)


async def test_an_unknown_key_and_none(ann, client_of, control):
    stranger = await client_of("okx", "nobody")
    with pytest.raises(ccxt.ExchangeError, match="50119"):
        await stranger.privateGetAccountConfig()
    address = f"{control.base}/okx/api/v5/account/config"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        assert (response.status, (await response.json())["code"]) == (401, "50103")


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"enabled": False}, ccxt.ExchangeError, "50119"),
        ({"expired": True}, ccxt.ExchangeError, "50119"),
        ({"can_trade": False}, ccxt.ExchangeError, "50120"),
        ({"allowed_ips": ["10.0.0.1"]}, ccxt.PermissionDenied, "50110"),
    ],
)
async def test_a_key_that_may_not(ann, control, change, error, code):
    await control.call("PATCH", "accounts/ann", change)
    with pytest.raises(error, match=f'"code":"{code}"'):
        await bought(ann)
    (rejected,) = await control.rejected(account="ann")
    assert (rejected["code"], rejected["symbol"]) == (code, "BTC-USDT-SWAP")
    if change == {"can_trade": False}:
        assert await ann.fetch_balance()


async def test_what_a_key_may_is_told(connect, control):
    client = await connect("okx", "bob", can_withdraw=True, allowed_ips=["127.0.0.1"])
    (told,) = (await client.privateGetAccountConfig())["data"]
    assert (told["perm"], told["ip"]) == ("read_only,withdraw,trade", "127.0.0.1")
    await control.call("PATCH", "accounts/bob", {"can_withdraw": False, "can_trade": False})
    (told,) = (await client.privateGetAccountConfig())["data"]
    assert told["perm"] == "read_only"


@pytest.mark.parametrize("offset", [-40_000, 40_000])
async def test_the_clock_is_the_exchanges_own(ann, control, offset):
    await control.post("clock", venue="okx", offset_ms=offset)
    with pytest.raises(ccxt.InvalidNonce, match="50102"):
        await bought(ann)
    await ann.load_time_difference()
    await bought(ann)
    (trade,) = await ann.fetch_my_trades(SWAP)
    assert abs(trade["timestamp"] - ann.milliseconds() - offset) < 3000


async def test_thirty_seconds_are_let_in(ann, control):
    await control.post("clock", venue="okx", offset_ms=20_000)
    assert await ann.fetch_balance()


async def test_too_many_requests(ann, control):
    await control.post("forgive")
    await control.post("limits", venue="okx", weight_per_minute=1)
    await ann.fetch_my_trades(SWAP)
    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        await ann.fetch_my_trades(SWAP)


async def test_too_many_orders(ann, control):
    await control.post("limits", venue="okx", orders_per_10s=0)
    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        await bought(ann)
    assert await control.orders() == []
    assert [r["code"] for r in await control.rejected()] == ["50011"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429}, ccxt.RateLimitExceeded),
        ({"status": 500}, ccxt.ExchangeNotAvailable),
        ({"status": 502}, ccxt.ExchangeNotAvailable),
        ({"status": 503}, ccxt.OnMaintenance),
        ({"status": 504}, ccxt.RequestTimeout),
        ({"status": 502, "body": "html"}, ccxt.ExchangeNotAvailable),
        ({"status": 503, "body": "empty"}, ccxt.ExchangeNotAvailable),
        ({"status": 400, "code": "50061", "message": "no"}, ccxt.ExchangeError),
    ],
)
async def test_a_bad_status(ann, control, fault, error):
    await control.fault("status", endpoint="order_create", times=1, **fault)
    with pytest.raises(error):
        await bought(ann)
    assert await control.orders() == []
