"""Binance USD-M through ccxt.binanceusdm: orders, trades, positions, margin, modes, errors."""

from decimal import Decimal

import ccxt
import pytest

BTC = "BTC/USDT:USDT"


async def test_markets_carry_the_filters(connect):
    client = await connect("binanceusdm", "ann")
    markets = await client.load_markets()
    assert {BTC, "ETH/USDT:USDT", "SOL/USDT:USDT", "DOGE/USDT:USDT"} <= set(markets)
    assert markets[BTC]["precision"] == {"amount": 0.001, "price": 0.1, "base": 1e-8, "quote": 1e-8}
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
    made = await client.create_order(BTC, "limit", "buy", 0.01, 50000, {"newClientOrderId": "mine"})
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


async def test_reduce_only_is_capped_and_refused_when_flat(connect):
    client = await connect("binanceusdm", "ann")
    with pytest.raises(ccxt.ExchangeError, match="-2022"):
        await client.create_order(BTC, "market", "sell", 0.01, None, {"reduceOnly": True})
    await client.create_order(BTC, "market", "buy", 0.01)
    with pytest.raises(ccxt.ExchangeError, match="-2022"):
        await client.create_order(BTC, "market", "buy", 0.01, None, {"reduceOnly": True})
    closed = await client.create_order(BTC, "market", "sell", 0.5, None, {"reduceOnly": True})
    assert (closed["status"], closed["amount"], closed["filled"]) == ("closed", 0.01, 0.01)
    assert await client.fetch_positions([BTC]) == []


async def test_a_resting_reduce_only_order_never_opens(connect, control):
    client = await connect("binanceusdm", "ann")
    await client.create_order(BTC, "market", "buy", 0.01)
    resting = await client.create_order(BTC, "limit", "sell", 0.01, 61000, {"reduceOnly": True})
    await client.create_order(BTC, "market", "sell", 0.01)
    await control.pin("binanceusdm", "BTCUSDT", "61500")
    assert (await client.fetch_order(resting["id"], BTC))["status"] == "expired"
    assert await client.fetch_positions([BTC]) == []


async def test_hedge_mode_keeps_both_sides(connect):
    client = await connect("binanceusdm", "ann")
    await client.set_position_mode(True)
    assert (await client.fetch_position_mode())["hedged"] is True
    await client.create_order(BTC, "market", "buy", 0.02, None, {"positionSide": "LONG"})
    await client.create_order(BTC, "market", "sell", 0.01, None, {"hedged": True})
    sides = {p["side"]: p["contracts"] for p in await client.fetch_positions([BTC])}
    assert sides == {"long": 0.02, "short": 0.01}
    with pytest.raises(ccxt.ExchangeError, match="-4061"):
        await client.create_order(BTC, "market", "buy", 0.01)
    with pytest.raises(ccxt.ExchangeError, match="-2022"):
        await client.create_order(BTC, "market", "sell", 0.03, None, {"positionSide": "LONG"})
    params = {"positionSide": "LONG", "reduceOnly": True}
    with pytest.raises(ccxt.BadRequest, match="-1106"):
        await client.create_order(BTC, "market", "sell", 0.01, None, params)
    with pytest.raises(ccxt.OperationRejected, match="-4068"):
        await client.set_position_mode(False)


async def test_one_way_mode_refuses_a_position_side(connect):
    client = await connect("binanceusdm", "ann")
    with pytest.raises(ccxt.ExchangeError, match="-4061"):
        await client.create_order(BTC, "market", "buy", 0.01, None, {"positionSide": "LONG"})


async def test_leverage_decides_what_the_margin_allows(connect):
    client = await connect("binanceusdm", "ann", balances={"USDT": "1000"})
    await client.set_leverage(10, BTC)
    with pytest.raises(ccxt.ExchangeError, match="-2019"):
        await client.create_order(BTC, "market", "buy", 0.2)
    await client.set_leverage(50, BTC)
    await client.create_order(BTC, "market", "buy", 0.2)
    (position,) = await client.fetch_positions([BTC])
    balance = await client.fetch_balance()
    assert position["initialMargin"] == pytest.approx(0.2 * 60000 / 50)
    (older,) = await client.fetch_positions([BTC], {"useV2": True})
    assert (position["leverage"], older["leverage"]) == (None, 50)
    assert balance["USDT"]["free"] < 1000 - 0.2 * 60000 / 50


async def test_closing_needs_no_margin(connect, control):
    client = await connect("binanceusdm", "ann", balances={"USDT": "1000"})
    await client.set_leverage(50, BTC)
    await client.create_order(BTC, "market", "buy", 0.5)
    await control.pin("binanceusdm", "BTCUSDT", "58500")
    with pytest.raises(ccxt.ExchangeError, match="-2019"):
        await client.create_order(BTC, "market", "buy", 0.1)
    assert (await client.create_order(BTC, "market", "sell", 0.5))["status"] == "closed"


async def test_margin_mode(connect):
    client = await connect("binanceusdm", "ann")
    await client.set_margin_mode("isolated", BTC)
    assert (await client.fetch_margin_mode(BTC))["marginMode"] == "isolated"
    with pytest.raises(ccxt.MarginModeAlreadySet):
        await client.set_margin_mode("isolated", BTC)
    await client.create_order(BTC, "market", "buy", 0.01)
    (position,) = await client.fetch_positions([BTC])
    assert position["marginMode"] == "isolated"
    with pytest.raises(ccxt.OperationRejected, match="-4048"):
        await client.set_margin_mode("cross", BTC)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "0.0005"}, "-1111"),
        ({"quantity": "0"}, "-4003"),
        ({"quantity": "5000"}, "-4005"),
        ({"quantity": "0.00051"}, "-1111"),
        ({"price": "50000.05"}, "-1111"),
        ({"quantity": "0.0008", "price": "50000"}, "-1111"),
        ({"symbol": "NOPEUSDT"}, "-1121"),
        ({"type": "STOP_MARKET"}, "-1116"),
        ({"price": ""}, "-1102"),
        ({"newClientOrderId": "has a space"}, "-4015"),
        ({"timeInForce": "GTX", "price": "61000"}, "-5022"),
    ],
)
async def test_filters_refuse_in_binances_codes(connect, control, change, code):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.002",
        "price": "50000",
    }
    with pytest.raises(ccxt.BaseError, match=f'"code":{code}'):
        await client.fapiPrivatePostOrder({**order, **change})
    (rejected,) = await control.rejected(account="ann")
    assert rejected["code"] == code
    assert await control.orders(account="ann") == []


async def test_steps_that_are_no_power_of_ten(connect, control):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    await control.post("market", venue="binanceusdm", symbol="BTCUSDT", step="0.005", tick="0.5")
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    with pytest.raises(ccxt.BaseError, match="-4023"):
        await client.fapiPrivatePostOrder({**order, "quantity": "0.006", "price": "50000"})
    with pytest.raises(ccxt.BaseError, match="-4014"):
        await client.fapiPrivatePostOrder({**order, "quantity": "0.005", "price": "50000.3"})


async def test_the_least_notional_holds_unless_closing(connect):
    client = await connect("binanceusdm", "ann")
    doge = "DOGE/USDT:USDT"
    with pytest.raises(ccxt.ExchangeError, match="-4164"):
        await client.create_order(doge, "market", "buy", 12)
    await client.create_order(doge, "market", "buy", 100)
    await client.create_order(doge, "market", "sell", 90)
    closed = await client.create_order(doge, "market", "sell", 10, None, {"reduceOnly": True})
    assert closed["status"] == "closed"


async def test_user_trades_in_pages(connect):
    client = await connect("binanceusdm", "ann")
    for _ in range(4):
        await client.create_order(BTC, "market", "buy", 0.001)
    trades = await client.fetch_my_trades(BTC)
    ids = [trade["id"] for trade in trades]
    page = await client.fetch_my_trades(BTC, None, 2, {"fromId": ids[1]})
    assert [t["id"] for t in page] == ids[1:3]
    assert [t["id"] for t in await client.fetch_my_trades(BTC, trades[0]["timestamp"], 3)] == ids[
        :3
    ]


async def test_a_halted_symbol(connect, control):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    resting = await client.create_order(BTC, "limit", "buy", 0.01, 59000)
    await control.post("market", venue="binanceusdm", symbol="BTCUSDT", status="BREAK")
    with pytest.raises(ccxt.ExchangeError, match="-4141"):
        await client.create_order(BTC, "market", "buy", 0.01)
    await control.pin("binanceusdm", "BTCUSDT", "58000")
    assert (await client.fetch_order(resting["id"], BTC))["status"] == "open"
    await control.post("market", venue="binanceusdm", symbol="BTCUSDT", status="TRADING")
    assert (await client.create_order(BTC, "market", "buy", 0.01))["status"] == "closed"


async def test_a_large_account_position_view(connect):
    client = await connect("binanceusdm", "ann")
    await client.create_order(BTC, "market", "buy", 0.01)
    (position,) = await client.fetch_positions([BTC], {"method": "account"})
    assert position["contracts"] == 0.01
    assert (await client.fetch_leverages([BTC]))[BTC]["longLeverage"] == 20
    assert (await client.fetch_mark_prices([BTC]))[BTC]["markPrice"] == 60000
