"""Binance USD-M through ccxt.binanceusdm: orders, trades, positions, margin, modes, errors."""

from decimal import Decimal

import ccxt
import pytest

BTC = "BTC/USDT:USDT"


async def test_markets_carry_the_filters(connect):
    client = await connect("binanceusdm", "ann")
    markets = await client.load_markets()
    assert {BTC, "ETH/USDT:USDT", "SOL/USDT:USDT", "DOGE/USDT:USDT"} <= set(markets)
    assert markets[BTC]["precision"] == {
        "amount": 0.001, "price": 0.1, "base": 1e-8, "quote": 1e-8
    }
    assert markets[BTC]["limits"]["cost"]["min"] == 50
    assert markets["DOGE/USDT:USDT"]["precision"]["amount"] == 1
    assert "BTC" in client.currencies


async def test_a_market_order_fills_at_the_ask_and_is_in_the_book(connect, control):
    client = await connect("binanceusdm", "ann")
    order = await client.create_order(BTC, "market", "buy", 0.01, None, {"newClientOrderId": "c1"})
    assert order["status"] == "closed"
    assert order["filled"] == 0.01
    assert order["average"] == 60000.1
    assert order["clientOrderId"] == "c1"
    (seen,) = await control.orders(account="ann")
    assert seen["order_id"] == order["id"]
    assert seen["client_id"] == "c1"
    assert seen["fills"][0]["price"] == "60000.1"
    assert isinstance(seen["accepted_at"], int)
    assert seen["accepted_at"] <= seen["fills"][0]["at_ns"]


async def test_orders_are_found_by_either_id(connect):
    client = await connect("binanceusdm", "ann")
    made = await client.create_order(
        BTC, "limit", "buy", 0.01, 50000, {"newClientOrderId": "mine"}
    )
    by_id = await client.fetch_order(made["id"], BTC)
    by_client = await client.fetch_order("", BTC, {"origClientOrderId": "mine"})
    assert by_id["id"] == by_client["id"] == made["id"]
    assert [o["id"] for o in await client.fetch_open_orders(BTC)] == [made["id"]]
    assert [o["id"] for o in await client.fetch_orders(BTC)] == [made["id"]]
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("", BTC, {"origClientOrderId": "other"})


async def test_cancel(connect):
    client = await connect("binanceusdm", "ann")
    made = await client.create_order(BTC, "limit", "buy", 0.01, 50000)
    cancelled = await client.cancel_order(made["id"], BTC)
    assert cancelled["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(made["id"], BTC)


async def test_a_limit_order_rests_and_fills_as_maker_when_crossed(connect, control):
    client = await connect("binanceusdm", "ann")
    made = await client.create_order(BTC, "limit", "buy", 0.01, 59000)
    assert made["status"] == "open"
    await control.pin("binanceusdm", "BTCUSDT", "58900")
    seen = await client.fetch_order(made["id"], BTC)
    assert (seen["status"], seen["average"]) == ("closed", 59000)
    (trade,) = await client.fetch_my_trades(BTC)
    assert trade["takerOrMaker"] == "maker"
    assert Decimal(str(trade["fee"]["cost"])) == Decimal("0.01") * 59000 * Decimal("0.0002")


async def test_positions_entry_profit_and_wallet(connect, control):
    client = await connect("binanceusdm", "ann", balances={"USDT": "10000"})
    await client.create_order(BTC, "market", "buy", 0.1)
    await control.pin("binanceusdm", "BTCUSDT", "62000")
    await client.create_order(BTC, "market", "buy", 0.1)
    (position,) = await client.fetch_positions([BTC])
    assert position["side"] == "long"
    assert position["contracts"] == 0.2
    assert position["entryPrice"] == pytest.approx((60000.1 + 62000.1) / 2)
    await client.create_order(BTC, "market", "sell", 0.2, None, {"reduceOnly": True})
    assert await client.fetch_positions([BTC]) == []
    trades = await client.fetch_my_trades(BTC)
    assert [t["side"] for t in trades] == ["buy", "buy", "sell"]
    profit = Decimal(trades[-1]["info"]["realizedPnl"])
    assert profit == (Decimal(62000) - Decimal("61000.1")) * Decimal("0.2")
    fees = sum(Decimal(t["info"]["commission"]) for t in trades)
    balance = await client.fetch_balance()
    assert Decimal(str(balance["USDT"]["total"])) == 10000 + profit - fees


async def test_a_position_flips_through_zero(connect):
    client = await connect("binanceusdm", "ann")
    await client.create_order(BTC, "market", "buy", 0.01)
    await client.create_order(BTC, "market", "sell", 0.03)
    (position,) = await client.fetch_positions([BTC])
    assert (position["side"], position["contracts"]) == ("short", 0.02)
    assert position["entryPrice"] == 60000
