"""Who may call, when, and how often: keys, permissions, addresses, clocks, weights and bans."""

import asyncio

import aiohttp
import ccxt
import pytest

SPOT, USDM = "BTC/USDT", "BTC/USDT:USDT"


def header(client, name):
    found = {key.lower(): value for key, value in client.last_response_headers.items()}
    return found[name]


async def test_an_unknown_key_a_wrong_secret_and_no_key(connect, client_of, control):
    client = await connect("binanceusdm", "ann", options={"fetchCurrencies": False})
    await client.load_markets()
    client.secret = "another"
    with pytest.raises(ccxt.AuthenticationError, match="-1022"):
        await client.fetch_balance()
    stranger = await client_of("binanceusdm", "nobody", fetchCurrencies=False)
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await stranger.fetch_balance()
    async with aiohttp.ClientSession() as session:
        url = f"{control.base}/binanceusdm/fapi/v3/account?timestamp=1&signature=00"
        async with session.get(url) as response:
            assert response.status == 401
            assert (await response.json())["code"] == -2014


async def test_a_disabled_key_is_refused_and_then_not(connect, control):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    await control.call("PATCH", "accounts/ann", {"enabled": False})
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await client.create_order(USDM, "market", "buy", 0.01)
    (rejected,) = await control.rejected(account="ann")
    assert (rejected["code"], rejected["symbol"]) == ("-2015", "BTCUSDT")
    await control.call("PATCH", "accounts/ann", {"enabled": True})
    assert await client.create_order(USDM, "market", "buy", 0.01)


async def test_a_reading_key_may_not_trade(connect):
    client = await connect("binanceusdm", "ann", can_trade=False)
    assert await client.fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await client.create_order(USDM, "market", "buy", 0.01)


async def test_a_key_bound_to_another_address(connect, control):
    client = await connect("binanceusdm", "ann", allowed_ips=["10.0.0.1"])
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await client.fetch_balance()
    await control.call("PATCH", "accounts/ann", {"allowed_ips": ["127.0.0.1"]})
    assert await client.fetch_balance()


async def test_a_key_of_one_venue_is_no_key_of_another(connect, client_of):
    await connect("binance", "sam")
    client = await client_of("binanceusdm", "sam", fetchCurrencies=False)
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await client.fetch_balance()


@pytest.mark.parametrize("offset", [-5_000, 60_000])
async def test_the_clock_is_the_exchanges_own(connect, control, offset):
    client = await connect("binance", "sam")
    await client.load_markets()
    await control.post("clock", venue="binance", offset_ms=offset)
    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        await client.create_order(SPOT, "market", "buy", 0.001)
    await client.load_time_difference()
    made = await client.create_order(SPOT, "market", "buy", 0.001)
    assert abs(made["timestamp"] - client.milliseconds() - offset) < 2000
    (seen,) = await control.orders(account="sam")
    assert abs(seen["accepted_at"] // 1_000_000 - client.milliseconds()) < 2000


async def test_the_weight_used_is_in_the_headers_and_runs_out(connect, control):
    client = await connect("binance", "sam")
    await client.load_markets()
    await control.post("forgive")
    await client.fetch_my_trades(SPOT)
    assert header(client, "x-mbx-used-weight-1m") == "20"
    await control.post("limits", venue="binance", weight_per_minute=50)
    await client.fetch_my_trades(SPOT)
    with pytest.raises(ccxt.DDoSProtection, match="429"):
        await client.fetch_my_trades(SPOT)
    assert 1 <= int(header(client, "retry-after")) <= 60


async def test_limits_are_for_each_key(connect, control):
    ann, bob = await connect("binance", "ann"), await connect("binance", "bob")
    await ann.load_markets()
    await bob.load_markets()
    await control.post("forgive")
    await control.post("limits", venue="binance", weight_per_minute=20)
    await ann.fetch_my_trades(SPOT)
    with pytest.raises(ccxt.DDoSProtection):
        await ann.fetch_my_trades(SPOT)
    await bob.fetch_my_trades(SPOT)
    await control.post("limits", venue="binance", scope="ip", weight_per_minute=30)
    await ann.fetch_my_trades(SPOT)
    with pytest.raises(ccxt.DDoSProtection):
        await bob.fetch_my_trades(SPOT)


async def test_orders_in_ten_seconds(connect, control):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    await control.post("limits", venue="binanceusdm", orders_per_10s=1)
    orders = [client.create_order(USDM, "market", "buy", 0.01) for _ in range(3)]
    outcomes = await asyncio.gather(*orders, return_exceptions=True)
    limited = [error for error in outcomes if isinstance(error, ccxt.DDoSProtection)]
    assert limited
    assert all("-1015" in str(error) for error in limited)
    assert len(await control.orders()) == 3 - len(limited)
    assert len(await control.rejected()) == len(limited)


async def test_who_does_not_stop_is_banned(connect, control):
    client = await connect("binance", "sam")
    await client.load_markets()
    await control.post("limits", venue="binance", weight_per_minute=1, ban_after=2)
    for _ in range(2):
        with pytest.raises(ccxt.DDoSProtection, match="429"):
            await client.fetch_my_trades(SPOT)
    with pytest.raises(ccxt.DDoSProtection, match="418"):
        await client.fetch_my_trades(SPOT)
    await control.post("forgive")
    assert await client.fetch_time()


async def test_a_ban_on_demand(connect, control):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    await control.post("ban", venue="binanceusdm", who="key-ann", seconds=30)
    with pytest.raises(ccxt.DDoSProtection, match="banned until"):
        await client.fetch_balance()
    assert 1 <= int(header(client, "retry-after")) <= 31


async def test_delta_says_when_to_come_back(connect, control):
    client = await connect("delta", "dee")
    await client.load_markets()
    await control.post("limits", venue="delta", weight_per_minute=1)
    with pytest.raises(ccxt.ExchangeError, match="rate_limit_exceeded"):
        await client.fetch_balance()
    assert int(header(client, "x-rate-limit-reset")) >= 1000
