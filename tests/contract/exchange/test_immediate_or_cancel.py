"""Limit orders that take what is there at once and leave nothing behind, at each venue."""

import asyncio
from decimal import Decimal
from typing import Any

import ccxt
import pytest

# How a venue is asked for one, and what ccxt and the venue call it when it has ended.
BINANCE = ({"timeInForce": "IOC"}, "expired", "EXPIRED")
DELTA = ({"time_in_force": "ioc"}, "canceled", "cancelled")
VENUES = [
    pytest.param("binance", "BTC/USDT", 0.01, *BINANCE, id="binance"),
    pytest.param("binanceusdm", "BTC/USDT:USDT", 0.01, *BINANCE, id="binanceusdm"),
    pytest.param("delta", "BTC/USD:USD", 10, *DELTA, id="delta"),
]
each_venue = pytest.mark.parametrize(("venue", "symbol", "amount", "ioc", "status", "word"), VENUES)


def told(order: Any) -> str:
    """The venue's own word for the order's state."""
    info = order["info"]
    return str(info.get("status") or info.get("state"))


@each_venue
async def test_one_that_is_not_reached_ends_at_once_unfilled(
    connect, control, venue, symbol, amount, ioc, status, word
):
    client = await connect(venue, "ivy")
    for side, price in (("buy", 59000), ("sell", 61000)):
        made = await client.create_order(symbol, "limit", side, amount, price, ioc)
        assert (made["status"], made["filled"], told(made)) == (status, 0, word)
        found = await client.fetch_order(made["id"], symbol)
        assert (found["status"], found["filled"], told(found)) == (status, 0, word)
    assert await client.fetch_open_orders(symbol) == []
    assert {order["status"] for order in await control.orders(account="ivy")} == {"EXPIRED"}
    seen = await control.seen("ivy")
    assert seen["positions"] == []
    assert all(Decimal(balance["locked"]) == 0 for balance in seen["balances"].values())


@each_venue
async def test_one_that_is_reached_fills_at_the_markets_price(
    connect, control, venue, symbol, amount, ioc, status, word
):
    client = await connect(venue, "ivy")
    for side, price, low, high in (("buy", 61000, 60000, 60001), ("sell", 59000, 60000, 60000)):
        made = await client.create_order(symbol, "limit", side, amount, price, ioc)
        assert (made["status"], made["filled"]) == ("closed", amount)
        assert low <= made["average"] <= high


@each_venue
async def test_the_rest_of_one_that_is_filled_in_part_ends(
    connect, control, venue, symbol, amount, ioc, status, word
):
    client = await connect(venue, "ivy")
    await control.fault("partial_fill", endpoint="order_create", fraction="0.4")
    made = await client.create_order(symbol, "limit", "buy", amount, 61000, ioc)
    assert made["status"] == status
    assert made["filled"] == pytest.approx(0.4 * amount)
    assert await client.fetch_open_orders(symbol) == []


async def test_a_piece_that_would_be_worse_than_the_limit_is_not_taken(connect, control):
    client = await connect("binanceusdm", "ivy")
    await control.fault("partial_fill", endpoint="order_create", pieces=2, interval_ms=50)
    ioc = {"timeInForce": "IOC"}
    made = await client.create_order("BTC/USDT:USDT", "limit", "buy", 0.01, 60010, ioc)
    assert (made["status"], made["filled"]) == ("open", 0.005)
    await control.pin("binanceusdm", "BTCUSDT", "60020")
    await asyncio.sleep(0.2)
    found = await client.fetch_order(made["id"], "BTC/USDT:USDT")
    assert (found["status"], found["filled"]) == ("expired", 0.005)


@pytest.mark.parametrize(("venue", "gtx"), [("binance", "-1115"), ("binanceusdm", "")])
async def test_binance_asks_how_long_a_limit_order_stands(connect, venue, gtx):
    client = await connect(venue, "ivy")
    symbol = "BTC/USDT" if venue == "binance" else "BTC/USDT:USDT"
    with pytest.raises(ccxt.BadRequest, match="-1115"):
        await client.create_order(symbol, "limit", "buy", 0.01, 50000, {"timeInForce": "ioc"})
    with pytest.raises(ccxt.BadRequest, match="-1106"):
        await client.create_order(symbol, "market", "buy", 0.01, None, {"timeInForce": "IOC"})
    send = client.privatePostOrder if venue == "binance" else client.fapiPrivatePostOrder
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01"}
    with pytest.raises(ccxt.BadRequest, match="-1102"):
        await send({**order, "price": "50000"})
    if gtx:
        with pytest.raises(ccxt.BadRequest, match=gtx):
            await send({**order, "price": "50000", "timeInForce": "GTX"})
    else:
        assert (await send({**order, "price": "50000", "timeInForce": "GTX"}))["status"] == "NEW"


async def test_delta_knows_three_times_in_force(connect):
    client = await connect("delta", "ivy")
    with pytest.raises(ccxt.BadRequest, match="time_in_force"):
        await client.create_order(
            "BTC/USD:USD", "limit", "buy", 1, 50000, {"time_in_force": "soon"}
        )
