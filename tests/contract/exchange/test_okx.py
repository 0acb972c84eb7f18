"""OKX through ccxt.okx: spot and swaps of one account, orders, fills, positions, in contracts."""

import asyncio
from decimal import Decimal

import ccxt
import pytest

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
NAMES = {SPOT: "BTC-USDT", SWAP: "BTC-USDT-SWAP"}
BOTH = pytest.mark.parametrize("symbol", [SPOT, SWAP])


@pytest.fixture
async def ann(connect):
    client = await connect("okx", "ann", balances={"USDT": "10000", "BTC": "1"})
    await client.load_markets()
    return client


async def bought(client, symbol, amount=1, **params):
    """Of a swap a hundredth of a BTC is one contract."""
    size = amount if symbol == SWAP else amount / 100
    return await client.create_order(symbol, "market", "buy", size, None, params)


async def test_markets_of_both_kinds_carry_their_filters(ann):
    spot, swap = ann.market(SPOT), ann.market(SWAP)
    assert (spot["id"], swap["id"]) == ("BTC-USDT", "BTC-USDT-SWAP")
    assert (spot["precision"], spot["limits"]["amount"]["min"]) == (
        {"amount": 1e-8, "price": 0.1},
        1e-5,
    )
    assert swap["linear"]
    assert swap["contractSize"] == 0.01
    assert (swap["precision"]["amount"], swap["precision"]["price"]) == (0.01, 0.1)
    assert swap["limits"]["leverage"]["max"] == 100
    assert ann.market("DOGE/USDT:USDT")["contractSize"] == 1000
    assert "BTC" in ann.currencies


async def test_time_status_and_tickers(ann):
    assert abs(await ann.fetch_time() - ann.milliseconds()) < 1000
    assert (await ann.fetch_status())["status"] == "ok"
    for symbol in (SPOT, SWAP):
        ticker = await ann.fetch_ticker(symbol)
        assert (ticker["symbol"], ticker["bid"], ticker["ask"]) == (symbol, 60000, 60000.1)
    assert SWAP in await ann.fetch_tickers([SWAP])
    book = await ann.fetch_order_book(SWAP)
    assert (book["bids"][0][0], book["asks"][0][0]) == (60000, 60000.1)


@BOTH
async def test_an_answer_to_an_order_is_its_ids_and_the_rest_is_looked_up(ann, control, symbol):
    made = await bought(ann, symbol, clOrdId="mine1")
    assert (made["clientOrderId"], made["status"], made["filled"]) == ("mine1", None, None)
    size = 1 if symbol == SWAP else 0.01
    for found in (
        await ann.fetch_order(made["id"], symbol),
        await ann.fetch_order("", symbol, {"clOrdId": "mine1"}),
        (await ann.fetch_closed_orders(symbol))[0],
    ):
        assert (found["id"], found["status"], found["filled"]) == (made["id"], "closed", size)
        assert (found["average"], found["clientOrderId"]) == (60000.1, "mine1")
    (seen,) = await control.orders(account="ann")
    assert (seen["order_id"], seen["client_id"]) == (made["id"], "mine1")
    assert (seen["symbol"], seen["filled"]) == (NAMES[symbol], str(size))


@BOTH
async def test_open_orders_and_cancel(ann, symbol):
    size = 1 if symbol == SWAP else 0.01
    made = await ann.create_order(symbol, "limit", "buy", size, 50000, {"clOrdId": "r"})
    (opened,) = await ann.fetch_open_orders(symbol)
    assert (opened["id"], opened["status"], opened["price"]) == (made["id"], "open", 50000)
    assert (await ann.cancel_order("", symbol, {"clOrdId": "r"}))["id"] == made["id"]
    assert (await ann.fetch_order(made["id"], symbol))["status"] == "canceled"
    assert [o["id"] for o in await ann.fetch_canceled_orders(symbol)] == [made["id"]]
    assert await ann.fetch_open_orders(symbol) == []
    with pytest.raises(ccxt.OrderNotFound, match="51400"):
        await ann.cancel_order(made["id"], symbol)


async def test_an_order_that_is_not_there(ann):
    with pytest.raises(ccxt.OrderNotFound, match="51603"):
        await ann.fetch_order("", SWAP, {"clOrdId": "nothing"})
    made = await bought(ann, SWAP)
    with pytest.raises(ccxt.OrderNotFound, match="51603"):
        await ann.fetch_order(made["id"], SPOT)


async def test_a_client_id_is_taken_while_its_order_is_open(ann, control):
    await ann.create_order(SWAP, "limit", "buy", 1, 50000, {"clOrdId": "x"})
    with pytest.raises(ccxt.InvalidOrder, match="51016"):
        await bought(ann, SWAP, clOrdId="x")
    await ann.cancel_order("", SWAP, {"clOrdId": "x"})
    latest = await bought(ann, SWAP, clOrdId="x")
    assert (await ann.fetch_order("", SWAP, {"clOrdId": "x"}))["id"] == latest["id"]
    (rejected,) = await control.rejected(account="ann")
    assert (rejected["code"], rejected["client_id"], rejected["side"]) == ("51016", "x", "BUY")
    assert (rejected["symbol"], rejected["qty"]) == ("BTC-USDT-SWAP", "1")


async def test_a_fill_tells_its_fee_and_its_size_in_contracts(ann):
    await bought(ann, SWAP, 10)
    await bought(ann, SPOT, 10)
    (swap,) = await ann.fetch_my_trades(SWAP)
    (pair,) = await ann.fetch_my_trades(SPOT)
    assert (swap["price"], swap["amount"], swap["cost"]) == (60000.1, 10, 6000.01)
    assert swap["fee"]["currency"] == "USDT"
    assert Decimal(swap["info"]["fee"]) == -Decimal("6000.01") * Decimal("0.0005")
    assert swap["takerOrMaker"] == "taker"
    assert (pair["amount"], pair["fee"]) == (0.1, {"cost": 0.0001, "currency": "BTC"})
    assert swap["info"]["billId"] != pair["info"]["billId"]


async def test_a_resting_order_fills_as_maker(ann, control):
    made = await ann.create_order(SWAP, "limit", "buy", 1, 59000)
    await control.pin("okx", "BTC-USDT-SWAP", "58900")
    found = await ann.fetch_order(made["id"], SWAP)
    assert (found["status"], found["average"]) == ("closed", 59000)
    (trade,) = await ann.fetch_my_trades(SWAP)
    assert trade["takerOrMaker"] == "maker"
    assert Decimal(trade["info"]["fee"]) == -Decimal("590") * Decimal("0.0002")


async def test_both_kinds_share_one_account(ann):
    await ann.create_order(SPOT, "limit", "buy", 0.1, 50000)
    balance = await ann.fetch_balance()
    assert (balance["USDT"]["used"], balance["USDT"]["free"]) == (5000, 5000)
    await ann.set_leverage(10, SWAP)
    with pytest.raises(ccxt.InsufficientFunds, match="51008"):
        await bought(ann, SWAP, 90)
    await bought(ann, SWAP, 80)
    with pytest.raises(ccxt.InsufficientFunds, match="51008"):
        await bought(ann, SPOT)
    assert (await ann.fetch_balance())["BTC"]["total"] == 1


async def test_a_spot_market_order_by_value(ann, control):
    params = {"tgtCcy": "quote_ccy", "cost": 1200}
    made = await ann.create_order(SPOT, "market", "buy", 1, None, params)
    (seen,) = await control.orders(account="ann")
    assert Decimal(seen["filled"]) == Decimal("0.01999996")
    found = await ann.fetch_order(made["id"], SPOT)
    assert (found["info"]["tgtCcy"], found["info"]["sz"]) == ("quote_ccy", "1200")


async def test_position_profit_and_balance(ann, control):
    await bought(ann, SWAP, 10)
    await control.pin("okx", "BTC-USDT-SWAP", "62000")
    await bought(ann, SWAP, 10)
    (position,) = await ann.fetch_positions([SWAP])
    assert (position["side"], position["contracts"]) == ("long", 20)
    assert position["contractSize"] == 0.01
    assert position["entryPrice"] == pytest.approx(61000.1)
    assert (position["hedged"], position["leverage"]) == (False, 20)
    assert position["notional"] == pytest.approx(12400)
    await ann.create_order(SWAP, "market", "sell", 20, None, {"reduceOnly": True})
    assert await ann.fetch_positions() == []
    fees = sum(Decimal(t["info"]["fee"]) for t in await ann.fetch_my_trades(SWAP))
    profit = (Decimal(62000) - Decimal("61000.1")) * Decimal("0.2")
    assert Decimal(str((await ann.fetch_balance())["USDT"]["total"])) == 10000 + profit + fees
    last = (await ann.fetch_my_trades(SWAP))[-1]
    assert Decimal(last["info"]["fillPnl"]) == profit


async def test_a_short_is_negative_in_net_mode(ann):
    await bought(ann, SWAP)
    await ann.create_order(SWAP, "market", "sell", 3)
    (position,) = await ann.fetch_positions([SWAP])
    assert (position["side"], position["contracts"]) == ("short", 2)
    assert (position["info"]["pos"], position["entryPrice"]) == ("-2", 60000)


async def test_reduce_only_is_cut_to_the_position_and_refused_without_one(ann, control):
    close = {"reduceOnly": True}
    with pytest.raises(ccxt.ExchangeError, match="51169"):
        await ann.create_order(SWAP, "market", "sell", 1, None, close)
    await bought(ann, SWAP)
    with pytest.raises(ccxt.ExchangeError, match="51169"):
        await ann.create_order(SWAP, "market", "buy", 1, None, close)
    await ann.create_order(SWAP, "market", "sell", 50, None, close)
    assert await ann.fetch_positions() == []
    assert [o["filled"] for o in await control.orders(account="ann")] == ["1", "1"]


async def test_long_short_mode_keeps_both_sides(ann):
    await ann.set_position_mode(True)
    assert (await ann.fetch_position_mode())["hedged"] is True
    await bought(ann, SWAP, 2, positionSide="long")
    await ann.create_order(SWAP, "market", "sell", 1, None, {"hedged": True})
    found = {p["side"]: (p["contracts"], p["hedged"]) for p in await ann.fetch_positions()}
    assert found == {"long": (2, True), "short": (1, True)}
    with pytest.raises(ccxt.BadRequest, match="posSide"):
        await bought(ann, SWAP)
    with pytest.raises(ccxt.InvalidOrder, match="51112"):
        await ann.create_order(SWAP, "market", "sell", 3, None, {"positionSide": "long"})
    params = {"hedged": True, "reduceOnly": True}
    await ann.create_order(SWAP, "market", "sell", 2, None, params)
    with pytest.raises(ccxt.ExchangeError, match="51169"):
        await ann.create_order(SWAP, "market", "sell", 2, None, params)
    with pytest.raises(ccxt.ExchangeError, match="59000"):
        await ann.set_position_mode(False)
    await ann.create_order(SWAP, "market", "buy", 1, None, {"positionSide": "short"})
    # reduceOnly is of net mode; here it says nothing.
    await bought(ann, SWAP, positionSide="long", reduceOnly=True)
    await ann.create_order(SWAP, "market", "sell", 1, None, {"positionSide": "long"})
    await ann.set_position_mode(False)
    with pytest.raises(ccxt.BadRequest, match="posSide"):
        await bought(ann, SWAP, positionSide="long")


async def test_leverage(ann):
    await ann.set_leverage(10, SWAP)
    await ann.set_leverage(10, SWAP)
    with pytest.raises(ccxt.ExchangeError, match="59102"):
        await ann.set_leverage(110, SWAP)
    assert (await ann.fetch_leverage(SWAP))["longLeverage"] == 10


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sz": "0.005"}, "51121"),
        ({"sz": "0"}, "51020"),
        ({"sz": "20000"}, "51202"),
        ({"px": "50000.05"}, "51000"),
        ({"px": ""}, "51000"),
        ({"instId": "NOPE-USDT-SWAP"}, "51001"),
        ({"clOrdId": "has-a-dash"}, "51000"),
        ({"clOrdId": "x" * 33}, "51000"),
        ({"tdMode": "cash"}, "51000"),
        ({"ordType": "trigger"}, "51000"),
        ({"side": "Buy"}, "51000"),
        ({"posSide": "long"}, "51000"),
        ({"posSide": "sideways"}, "51000"),
        ({"attachAlgoOrds": [{"slTriggerPx": "1"}]}, "51000"),
        ({"instId": "BTC-USDT", "tdMode": "cash", "sz": "0.000001"}, "51020"),
        ({"instId": "BTC-USDT", "tdMode": "cash", "sz": "0.010000001"}, "51121"),
        ({"instId": "BTC-USDT", "tdMode": "cash", "sz": "1"}, "51008"),
        ({"instId": "BTC-USDT", "tdMode": "cross", "sz": "1"}, "51000"),
    ],
)
async def test_what_is_wrong_is_refused_in_okxs_codes(ann, control, change, code):
    order = {
        "instId": "BTC-USDT-SWAP",
        "tdMode": "cross",
        "side": "buy",
        "ordType": "limit",
        "sz": "1",
        "px": "50000",
        "clOrdId": "c1",
    }
    with pytest.raises(ccxt.BaseError, match=f'"sCode":"{code}"'):
        await ann.privatePostTradeOrder({**order, **change})
    assert await control.orders() == []
    assert [entry["code"] for entry in await control.rejected()] == [code]


async def test_a_refusal_is_within_the_data(ann):
    request = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market"}
    with pytest.raises(ccxt.InsufficientFunds) as refused:
        await ann.privatePostTradeOrder({**request, "sz": "5000", "clOrdId": "c1"})
    assert '"code":"1","msg":"All operations failed"' in str(refused.value)
    assert '"clOrdId":"c1"' in str(refused.value)


@BOTH
async def test_post_only_that_would_take_is_accepted_and_cancelled(ann, symbol):
    size = 1 if symbol == SWAP else 0.01
    made = await ann.create_order(symbol, "limit", "buy", size, 61000, {"postOnly": True})
    found = await ann.fetch_order(made["id"], symbol)
    assert (found["status"], found["filled"], found["postOnly"]) == ("canceled", 0, True)
    assert found["info"]["cancelSource"] == "31"


async def test_an_immediate_or_cancel_order_leaves_nothing(ann):
    made = await ann.create_order(SWAP, "limit", "buy", 1, 59000, {"timeInForce": "IOC"})
    found = await ann.fetch_order(made["id"], SWAP)
    assert (found["status"], found["timeInForce"]) == ("canceled", "IOC")


async def test_fills_in_pages_by_bill_id(ann):
    for _ in range(5):
        await bought(ann, SWAP)
    await bought(ann, SPOT)
    query = {"instType": "SWAP", "limit": "2"}
    found, after = [], ""
    while True:
        more = {"after": after} if after else {}
        page = (await ann.privateGetTradeFillsHistory({**query, **more}))["data"]
        found += [row["billId"] for row in page]
        if len(page) < 2:
            break
        after = page[-1]["billId"]
        await bought(ann, SWAP)
    whole = [t["info"]["billId"] for t in await ann.fetch_my_trades(SWAP)]
    assert found == whole[:5][::-1]
    assert len(whole) == 7
    newer = (await ann.privateGetTradeFills({"before": whole[4]}))["data"]
    assert [row["instType"] for row in newer] == ["SWAP", "SWAP", "SPOT"]
    assert [row["billId"] for row in newer][:2] == whole[5:][::-1]


async def test_orders_in_pages_by_order_id(ann):
    made = [(await bought(ann, SWAP))["id"] for _ in range(4)]
    query = {"instType": "SWAP", "limit": "3"}
    first = (await ann.privateGetTradeOrdersHistory(query))["data"]
    assert [row["ordId"] for row in first] == made[:0:-1]
    rest = await ann.privateGetTradeOrdersHistory({**query, "after": first[-1]["ordId"]})
    assert [row["ordId"] for row in rest["data"]] == made[:1]


async def test_histories_begin_and_end(ann):
    await bought(ann, SWAP)
    now, day = ann.milliseconds(), 86_400_000
    assert len(await ann.fetch_my_trades(SWAP, now - 80 * day)) == 1
    assert await ann.fetch_my_trades(SWAP, None, None, {"until": now - day}) == []
    assert len((await ann.privateGetTradeFills({"end": str(now + day)}))["data"]) == 1
    with pytest.raises(ccxt.BadRequest, match="50014"):
        await ann.privateGetTradeFillsHistory()


async def test_at_most_a_hundred_fills_a_page(ann):
    await asyncio.gather(*(bought(ann, SWAP, 0.01) for _ in range(101)))
    assert len(await ann.fetch_my_trades(SWAP)) == 100
    assert len(await ann.fetch_my_trades(SWAP, None, 300)) == 100


async def test_a_halted_and_a_delisted_symbol(ann, control):
    await control.post("market", venue="okx", symbol="BTC-USDT-SWAP", status="BREAK")
    with pytest.raises(ccxt.ContractUnavailable, match="51022"):
        await bought(ann, SWAP)
    await control.post("market", venue="okx", symbol="BTC-USDT-SWAP", status="DELISTED")
    with pytest.raises(ccxt.BadSymbol, match="51001"):
        await bought(ann, SWAP)
    with pytest.raises(ccxt.BadSymbol, match="51001"):
        await ann.fetch_ticker(SWAP)
    assert SWAP not in await ann.load_markets(True)
