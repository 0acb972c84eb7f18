"""Bybit through ccxt.bybit: spot and perpetuals of one account, orders, executions, positions."""

import asyncio
from decimal import Decimal

import ccxt
import pytest

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
BOTH = pytest.mark.parametrize("symbol", [SPOT, PERP])


@pytest.fixture
async def ann(connect):
    client = await connect("bybit", "ann", balances={"USDT": "10000", "BTC": "1"})
    await client.load_markets()
    return client


async def bought(client, symbol, amount=0.01, **params):
    return await client.create_order(symbol, "market", "buy", amount, None, params)


async def closed(client, order, symbol):
    return await client.fetch_closed_order(order["id"], symbol)


async def test_markets_of_both_kinds_carry_their_filters(ann):
    spot, perpetual = ann.market(SPOT), ann.market(PERP)
    assert (spot["id"], perpetual["id"]) == ("BTCUSDT", "BTCUSDT")
    assert spot["precision"] == {"amount": 1e-6, "price": 0.1}
    assert (spot["limits"]["amount"]["min"], spot["limits"]["cost"]["min"]) == (1e-6, 5)
    assert perpetual["linear"]
    assert perpetual["contractSize"] == 1
    assert (perpetual["precision"]["amount"], perpetual["precision"]["price"]) == (0.001, 0.1)
    assert perpetual["limits"]["cost"]["min"] == 5
    assert perpetual["limits"]["leverage"]["max"] == 100
    assert "BTC" in ann.currencies


async def test_time_and_tickers(ann):
    assert abs(await ann.fetch_time() - ann.milliseconds()) < 1000
    for symbol in (SPOT, PERP):
        ticker = await ann.fetch_ticker(symbol)
        assert (ticker["symbol"], ticker["bid"], ticker["ask"]) == (symbol, 60000, 60000.1)
    assert set(await ann.fetch_tickers()) >= {PERP, "ETH/USDT:USDT"}
    book = await ann.fetch_order_book(PERP)
    assert (book["bids"][0][0], book["asks"][0][0]) == (60000, 60000.1)


@BOTH
async def test_an_answer_to_an_order_is_its_ids_and_the_rest_is_looked_up(ann, control, symbol):
    made = await bought(ann, symbol, orderLinkId="mine-1")
    assert (made["clientOrderId"], made["status"], made["filled"]) == ("mine-1", None, None)
    found = await closed(ann, made, symbol)
    assert (found["status"], found["filled"], found["average"]) == ("closed", 0.01, 60000.1)
    assert (found["clientOrderId"], found["symbol"]) == ("mine-1", symbol)
    (seen,) = await control.orders(account="ann")
    assert (seen["order_id"], seen["client_id"]) == (made["id"], "mine-1")
    assert seen["symbol"] == ("spot:BTCUSDT" if symbol == SPOT else "BTCUSDT")


@BOTH
async def test_open_orders_and_cancel(ann, symbol):
    made = await ann.create_order(symbol, "limit", "buy", 0.01, 50000, {"orderLinkId": "r"})
    (opened,) = await ann.fetch_open_orders(symbol)
    assert (opened["id"], opened["status"], opened["price"]) == (made["id"], "open", 50000)
    cancelled = await ann.cancel_order(made["id"], symbol)
    assert cancelled["id"] == made["id"]
    assert (await closed(ann, made, symbol))["status"] == "canceled" if symbol == PERP else True
    assert await ann.fetch_open_orders(symbol) == []
    with pytest.raises(ccxt.OrderNotFound):
        await ann.cancel_order("no-such-order", symbol)


@BOTH
async def test_a_native_look_up_by_order_link_id_finds_any_state(ann, symbol):
    category = "spot" if symbol == SPOT else "linear"
    query = {"category": category, "orderLinkId": "x"}
    assert (await ann.privateGetV5OrderRealtime(query))["result"]["list"] == []
    made = await bought(ann, symbol, orderLinkId="x")
    (found,) = (await ann.privateGetV5OrderRealtime(query))["result"]["list"]
    assert (found["orderId"], found["orderStatus"]) == (made["id"], "Filled")
    (same,) = (await ann.privateGetV5OrderHistory(query))["result"]["list"]
    assert same == found
    other = {**query, "category": "linear" if category == "spot" else "spot"}
    assert (await ann.privateGetV5OrderRealtime(other))["result"]["list"] == []


@BOTH
async def test_a_link_id_is_taken_for_ever(ann, control, symbol):
    await bought(ann, symbol, orderLinkId="once")
    code = "170141" if symbol == SPOT else "110072"
    with pytest.raises(ccxt.InvalidOrder, match=code):
        await bought(ann, symbol, orderLinkId="once")
    assert len(await control.orders(account="ann")) == 1
    (rejected,) = await control.rejected(account="ann")
    assert (rejected["code"], rejected["client_id"], rejected["side"]) == (code, "once", "BUY")
    assert rejected["symbol"] == ("spot:BTCUSDT" if symbol == SPOT else "BTCUSDT")


async def test_an_execution_tells_fee_and_side_as_the_fill_had_them(ann):
    await bought(ann, PERP, 0.1)
    await bought(ann, SPOT, 0.1)
    (perpetual,) = await ann.fetch_my_trades(PERP)
    (pair,) = await ann.fetch_my_trades(SPOT)
    assert (perpetual["price"], perpetual["amount"]) == (60000.1, 0.1)
    assert perpetual["fee"]["currency"] == "USDT"
    assert Decimal(perpetual["info"]["execFee"]) == Decimal("6000.01") * Decimal("0.00055")
    assert perpetual["takerOrMaker"] == "taker"
    assert (pair["fee"]["currency"], pair["fee"]["cost"]) == ("BTC", 0.0001)
    assert perpetual["id"] != pair["id"]
    assert "positionIdx" not in perpetual["info"]


async def test_a_resting_order_fills_as_maker(ann, control):
    made = await ann.create_order(PERP, "limit", "buy", 0.01, 59000)
    await control.pin("bybit", "BTCUSDT", "58900")
    found = await closed(ann, made, PERP)
    assert (found["status"], found["average"]) == ("closed", 59000)
    (trade,) = await ann.fetch_my_trades(PERP)
    assert trade["takerOrMaker"] == "maker"
    assert Decimal(trade["info"]["execFee"]) == Decimal("590") * Decimal("0.0002")


async def test_both_kinds_share_one_wallet(ann):
    await ann.create_order(SPOT, "limit", "buy", 0.1, 50000)
    balance = await ann.fetch_balance()
    assert (balance["USDT"]["used"], balance["USDT"]["free"]) == (5000, 5000)
    await ann.set_leverage(10, PERP)
    with pytest.raises(ccxt.InsufficientFunds, match="110007"):
        await bought(ann, PERP, 0.9)
    await bought(ann, PERP, 0.8)
    with pytest.raises(ccxt.InsufficientFunds, match="170131"):
        await bought(ann, SPOT, 0.01)
    after = await ann.fetch_balance()
    assert after["USDT"]["used"] == pytest.approx(5000 + 4800)
    assert after["BTC"]["total"] == 1


async def test_selling_more_than_there_is(ann):
    with pytest.raises(ccxt.InsufficientFunds, match="170131"):
        await ann.create_order(SPOT, "market", "sell", 2)


async def test_a_spot_market_order_by_value(ann, control):
    made = await ann.create_market_buy_order_with_cost(SPOT, 1200)
    (seen,) = await control.orders(account="ann")
    assert (seen["qty"], seen["filled"]) == ("0.019999", "0.019999")
    found = await closed(ann, made, SPOT)
    assert (found["info"]["marketUnit"], found["info"]["qty"]) == ("quoteCoin", "1200")
    assert found["filled"] == 0.019999


async def test_position_profit_and_wallet(ann, control):
    await bought(ann, PERP, 0.1)
    await control.pin("bybit", "BTCUSDT", "62000")
    await bought(ann, PERP, 0.1)
    (position,) = await ann.fetch_positions([PERP])
    assert (position["side"], position["contracts"]) == ("long", 0.2)
    assert position["entryPrice"] == pytest.approx(61000.1)
    assert (position["hedged"], position["leverage"]) == (False, 20)
    sold = await ann.create_order(PERP, "market", "sell", 0.2, None, {"reduceOnly": True})
    assert await ann.fetch_positions() == []
    flat = await ann.fetch_position(PERP)
    assert (flat["side"], flat["contracts"]) == (None, 0)
    last = next(t for t in await ann.fetch_my_trades(PERP) if t["order"] == sold["id"])
    assert (last["info"]["closedSize"], last["info"]["leavesQty"]) == ("0.2", "0")
    fees = sum(Decimal(t["info"]["execFee"]) for t in await ann.fetch_my_trades(PERP))
    profit = (Decimal(62000) - Decimal("61000.1")) * Decimal("0.2")
    assert Decimal(str((await ann.fetch_balance())["USDT"]["total"])) == 10000 + profit - fees


async def test_a_position_flips_through_zero(ann):
    await bought(ann, PERP)
    await ann.create_order(PERP, "market", "sell", 0.03)
    (position,) = await ann.fetch_positions([PERP])
    assert (position["side"], position["contracts"], position["entryPrice"]) == (
        "short",
        0.02,
        60000,
    )


async def test_reduce_only_is_cut_to_the_position_and_refused_without_one(ann, control):
    close = {"reduceOnly": True}
    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        await ann.create_order(PERP, "market", "sell", 0.01, None, close)
    await bought(ann, PERP)
    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        await ann.create_order(PERP, "market", "buy", 0.01, None, close)
    await ann.create_order(PERP, "market", "sell", 0.5, None, close)
    assert await ann.fetch_positions() == []
    assert [o["filled"] for o in await control.orders(account="ann")] == ["0.01", "0.01"]


async def test_hedge_mode_keeps_both_sides(ann, control):
    await ann.set_position_mode(True)
    await bought(ann, PERP, 0.02, positionIdx=1)
    await ann.create_order(PERP, "market", "sell", 0.01, None, {"positionIdx": 2})
    sides = {p["side"]: (p["contracts"], p["hedged"]) for p in await ann.fetch_positions([PERP])}
    assert sides == {"long": (0.02, True), "short": (0.01, True)}
    with pytest.raises(ccxt.BadRequest, match="position idx not match position mode"):
        await bought(ann, PERP)
    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        await bought(ann, PERP, 0.01, positionIdx=1, reduceOnly=True)
    close = {"positionIdx": 1, "reduceOnly": True}
    await ann.create_order(PERP, "market", "sell", 0.5, None, close)
    assert {p["side"]: p["contracts"] for p in await ann.fetch_positions()} == {"short": 0.01}
    last = (await control.orders(account="ann"))[-1]
    assert (last["qty"], last["status"]) == ("0.02", "FILLED")


async def test_a_resting_order_of_hedge_mode_never_closes_more_than_there_is(ann, control):
    await ann.set_position_mode(True)
    await bought(ann, PERP, positionIdx=1)
    resting = await ann.create_order(PERP, "limit", "sell", 0.01, 61000, {"positionIdx": 1})
    await ann.create_order(PERP, "market", "sell", 0.01, None, {"positionIdx": 1})
    await control.pin("bybit", "BTCUSDT", "61500")
    found = await ann.fetch_order(resting["id"], PERP, {"acknowledged": True})
    assert (found["status"], found["filled"]) == ("canceled", 0)
    assert await ann.fetch_positions() == []


async def test_ccxts_own_hedged_flag_closes_the_right_side(ann):
    await ann.set_position_mode(True, PERP)
    await ann.create_order(PERP, "market", "buy", 0.02, None, {"hedged": True})
    params = {"hedged": True, "reduceOnly": True}
    await ann.create_order(PERP, "market", "sell", 0.02, None, params)
    assert await ann.fetch_positions() == []


async def test_position_mode_by_symbol_and_by_coin(ann):
    await ann.set_position_mode(True, PERP)
    with pytest.raises(ccxt.NoChange, match="110025"):
        await ann.set_position_mode(True, PERP)
    await bought(ann, "ETH/USDT:USDT", 0.1)
    await bought(ann, PERP, positionIdx=1)
    with pytest.raises(ccxt.BadRequest, match="110024"):
        await ann.set_position_mode(False, PERP)
    await ann.set_position_mode(True)
    await bought(ann, "SOL/USDT:USDT", 1, positionIdx=1)
    await bought(ann, "ETH/USDT:USDT", 0.1)
    doge = await ann.create_order("DOGE/USDT:USDT", "limit", "buy", 100, 0.05, {"positionIdx": 1})
    with pytest.raises(ccxt.BadRequest, match="110028"):
        await ann.set_position_mode(False, "DOGE/USDT:USDT")
    assert doge["id"]


async def test_leverage(ann):
    await ann.set_leverage(10, PERP)
    with pytest.raises(ccxt.BadRequest, match="110043"):
        await ann.set_leverage(10, PERP)
    with pytest.raises(ccxt.BadRequest, match="110013"):
        await ann.set_leverage(101, PERP)
    assert (await ann.fetch_leverage(PERP))["longLeverage"] == 10


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"qty": "0.0005"}, "10001"),
        ({"qty": "0"}, "10001"),
        ({"qty": "5000"}, "10001"),
        ({"price": "50000.05"}, "10001"),
        ({"qty": "0.001", "price": "4000"}, "110094"),
        ({"symbol": "NOPEUSDT"}, "10001"),
        ({"category": "inverse"}, "10001"),
        ({"category": "nothing"}, "10001"),
        ({"orderLinkId": "has a space"}, "10001"),
        ({"orderLinkId": "x" * 37}, "10001"),
        ({"triggerPrice": "61000", "triggerDirection": 1}, "10001"),
        ({"takeProfit": "61000"}, "10001"),
        ({"side": "buy"}, "10001"),
        ({"positionIdx": 1}, "10001"),
        ({"category": "spot", "qty": "0.0000001"}, "170136"),
        ({"category": "spot", "qty": "0.0100001"}, "170137"),
        ({"category": "spot", "qty": "100"}, "170124"),
        ({"category": "spot", "price": "50000.05"}, "170134"),
        ({"category": "spot", "qty": "0.00001"}, "170140"),
        ({"category": "spot", "qty": "1"}, "170131"),
        ({"category": "spot", "symbol": "NOPEUSDT"}, "170121"),
        ({"category": "spot", "timeInForce": "PostOnly", "price": "61000"}, "170218"),
        ({"category": "spot", "orderFilter": "StopOrder"}, "10001"),
    ],
)
async def test_what_is_wrong_is_refused_in_bybits_codes(ann, control, change, code):
    order = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.01",
        "price": "50000",
    }
    with pytest.raises(ccxt.BaseError, match=f'"retCode":{code},'):
        await ann.privatePostV5OrderCreate({**order, **change})
    assert await control.orders() == []
    assert [entry["code"] for entry in await control.rejected()] == [code]


async def test_post_only_that_would_take_is_accepted_and_cancelled(ann):
    made = await ann.create_order(PERP, "limit", "buy", 0.01, 61000, {"postOnly": True})
    found = await ann.fetch_closed_order(made["id"], PERP, {"orderStatus": "Cancelled"})
    assert (found["status"], found["filled"]) == ("canceled", 0)
    assert found["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


async def test_an_immediate_or_cancel_order_leaves_nothing(ann):
    made = await ann.create_order(PERP, "limit", "buy", 0.01, 59000, {"timeInForce": "IOC"})
    (found,) = await ann.fetch_canceled_orders(PERP)
    assert (found["id"], found["status"]) == (made["id"], "canceled")


async def test_executions_in_pages_newest_first(ann):
    for _ in range(5):
        await bought(ann, PERP, 0.001)
    query = {"category": "linear", "limit": 2}
    found, cursor = [], ""
    while True:
        more = {"cursor": cursor} if cursor else {}
        result = (await ann.privateGetV5ExecutionList({**query, **more}))["result"]
        found += [row["execId"] for row in result["list"]]
        cursor = result["nextPageCursor"]
        if len(found) == 2:
            await bought(ann, PERP, 0.001)
        if not cursor:
            break
    whole = [t["id"] for t in await ann.fetch_my_trades(PERP)]
    assert found == whole[:5][::-1]
    assert len(whole) == 6


async def test_histories_go_back_seven_days_at_a_time(ann):
    await bought(ann, PERP)
    now, day = ann.milliseconds(), 86_400_000
    assert await ann.fetch_my_trades(PERP, now - 8 * day) == []
    assert len(await ann.fetch_my_trades(PERP, now - 6 * day)) == 1
    assert await ann.fetch_my_trades(PERP, None, None, {"until": now - day}) == []
    for call in (ann.fetch_my_trades, ann.fetch_canceled_and_closed_orders):
        with pytest.raises(ccxt.BadRequest, match="7 days"):
            await call(PERP, now - 8 * day, None, {"until": now})


async def test_at_most_a_hundred_executions_a_page(ann):
    await asyncio.gather(*(bought(ann, PERP, 0.001) for _ in range(101)))
    assert len(await ann.fetch_my_trades(PERP, None, 1000)) == 100
    assert len(await ann.fetch_my_trades(PERP)) == 50
    assert len(await ann.fetch_my_trades(PERP, None, None, {"paginate": True})) == 101


async def test_a_halted_and_a_delisted_symbol(ann, control):
    await control.post("market", venue="bybit", symbol="BTCUSDT", status="BREAK")
    with pytest.raises(ccxt.ExchangeError, match="110066"):
        await bought(ann, PERP)
    await control.post("market", venue="bybit", symbol="BTCUSDT", status="DELISTED")
    with pytest.raises(ccxt.ExchangeError, match="110074"):
        await bought(ann, PERP)
    await control.post("market", venue="bybit", symbol="spot:BTCUSDT", status="DELISTED")
    with pytest.raises(ccxt.InvalidOrder, match="170121"):
        await bought(ann, SPOT)
    with pytest.raises(ccxt.BadSymbol, match="Not supported symbols"):
        await ann.fetch_ticker(PERP)
    markets = await ann.load_markets(True)
    assert PERP not in markets
    assert SPOT not in markets
