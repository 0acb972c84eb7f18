"""Binance spot through ccxt.binance: balances that move and lock, filters, trades in pages."""

from decimal import Decimal

import ccxt
import pytest

BTC = "BTC/USDT"


async def test_markets_carry_the_filters(connect):
    client = await connect("binance", "sam")
    markets = await client.load_markets()
    assert markets[BTC]["precision"]["amount"] == 0.00001
    assert markets[BTC]["limits"]["cost"]["min"] == 5
    assert markets["DOGE/USDT"]["precision"]["amount"] == 1
    assert client.currencies["BTC"]["name"] == "Bitcoin"
    assert abs(await client.fetch_time() - client.milliseconds()) < 1000


async def test_everything_a_bare_client_loads(client_of):
    client = await client_of("binance", None, fetchMarkets={"types": ["spot", "linear", "inverse"]})
    markets = await client.load_markets()
    assert {BTC, "BTC/USDT:USDT"} <= set(markets)


async def test_buying_and_selling_moves_balances_less_commission(connect):
    client = await connect("binance", "sam", balances={"USDT": "10000"})
    bought = await client.create_order(BTC, "market", "buy", 0.1)
    assert (bought["status"], bought["average"]) == ("closed", 60000.01)
    assert bought["fee"] == {"currency": "BTC", "cost": 0.0001}
    balance = await client.fetch_balance()
    assert Decimal(str(balance["BTC"]["free"])) == Decimal("0.0999")
    assert Decimal(str(balance["USDT"]["free"])) == 10000 - Decimal("6000.001")
    sold = await client.create_order(BTC, "market", "sell", 0.05)
    assert sold["fee"]["currency"] == "USDT"
    balance = await client.fetch_balance()
    expected = Decimal("3999.999") + 3000 - 3
    assert Decimal(str(balance["USDT"]["free"])) == expected


async def test_an_open_order_locks_and_a_cancel_unlocks(connect):
    client = await connect("binance", "sam", balances={"USDT": "10000"})
    made = await client.create_order(BTC, "limit", "buy", 0.1, 50000)
    balance = await client.fetch_balance()
    assert (balance["USDT"]["free"], balance["USDT"]["used"]) == (5000, 5000)
    await client.cancel_order(made["id"], BTC)
    balance = await client.fetch_balance()
    assert (balance["USDT"]["free"], balance["USDT"]["used"]) == (10000, 0)


async def test_a_limit_order_fills_when_crossed_and_leaves_nothing_locked(connect, control):
    client = await connect("binance", "sam", balances={"USDT": "10000"})
    await client.create_order(BTC, "limit", "buy", 0.1, 59000)
    await control.pin("binance", "BTCUSDT", "58999.99")
    balance = await client.fetch_balance()
    assert (balance["USDT"]["total"], balance["USDT"]["used"]) == (4100, 0)


async def test_an_order_for_a_quote_amount(connect):
    client = await connect("binance", "sam")
    made = await client.create_order(BTC, "market", "buy", 0, None, {"cost": 600})
    assert made["filled"] == 0.00999


@pytest.mark.parametrize(
    ("order", "error", "words"),
    [
        ((BTC, "market", "buy", 5), ccxt.InsufficientFunds, "insufficient balance"),
        ((BTC, "market", "buy", 0.00002), ccxt.BadRequest, "NOTIONAL"),
        ((BTC, "market", "buy", 20000), ccxt.InvalidOrder, "LOT_SIZE"),
    ],
)
async def test_filters_refuse_in_binances_words(connect, control, order, error, words):
    client = await connect("binance", "sam")
    with pytest.raises(error, match=words):
        await client.create_order(*order)
    (rejected,) = await control.rejected(account="sam")
    assert words in rejected["message"]
    assert await control.orders(account="sam") == []


@pytest.mark.parametrize(
    ("quantity", "price", "words"),
    [
        ("0.000015", "50000", "LOT_SIZE"),
        ("0.001", "50000.005", "PRICE_FILTER"),
        ("0.0010000001", "50000", "-1111"),
    ],
)
async def test_the_grids_are_enforced_below_ccxts_own_rounding(connect, quantity, price, words):
    client = await connect("binance", "sam")
    await client.load_markets()
    with pytest.raises((ccxt.InvalidOrder, ccxt.BadRequest), match=words):
        await client.privatePostOrder(
            {
                "symbol": "BTCUSDT",
                "side": "BUY",
                "type": "LIMIT",
                "timeInForce": "GTC",
                "quantity": quantity,
                "price": price,
            }
        )


async def test_client_ids_are_unique_among_open_orders_only(connect, control):
    client = await connect("binance", "sam")
    same = {"newClientOrderId": "same"}
    first = await client.create_order(BTC, "market", "buy", 0.001, None, same)
    second = await client.create_order(BTC, "limit", "buy", 0.001, 50000, same)
    assert first["id"] != second["id"]
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate order sent"):
        await client.create_order(BTC, "market", "buy", 0.001, None, same)
    found = await client.fetch_order("", BTC, {"origClientOrderId": "same"})
    assert found["id"] == second["id"]
    await client.cancel_order(second["id"], BTC)
    await client.create_order(BTC, "market", "buy", 0.001, None, same)
    assert len(await control.orders(client_id="same")) == 3


async def test_my_trades_by_id_by_time_and_by_order(connect):
    client = await connect("binance", "sam")
    made = [await client.create_order(BTC, "market", "buy", 0.001) for _ in range(5)]
    trades = await client.fetch_my_trades(BTC)
    ids = [trade["id"] for trade in trades]
    assert ids == sorted(ids, key=int)
    assert [t["order"] for t in trades] == [o["id"] for o in made]
    page = await client.fetch_my_trades(BTC, None, 2, {"fromId": ids[1]})
    assert [t["id"] for t in page] == ids[1:3]
    assert [t["id"] for t in await client.fetch_my_trades(BTC, None, 2)] == ids[-2:]
    since = trades[0]["timestamp"]
    assert [t["id"] for t in await client.fetch_my_trades(BTC, since, 2)] == ids[:2]
    assert await client.fetch_my_trades(BTC, trades[-1]["timestamp"] + 60_000) == []
    assert [t["id"] for t in await client.fetch_order_trades(made[3]["id"], BTC)] == [ids[3]]
    assert await client.fetch_my_trades("ETH/USDT") == []


async def test_post_only_and_immediate_or_cancel(connect):
    client = await connect("binance", "sam")
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        await client.create_order(BTC, "limit", "buy", 0.001, 61000, {"postOnly": True})
    unfilled = await client.create_order(BTC, "limit", "buy", 0.001, 59000, {"timeInForce": "IOC"})
    assert unfilled["status"] == "expired"
    assert (await client.fetch_balance())["USDT"]["used"] == 0


async def test_what_spot_does_not_read_is_refused(connect):
    client = await connect("binance", "sam")
    with pytest.raises(ccxt.BadRequest, match="-1104"):
        await client.create_order(BTC, "market", "sell", 0.001, None, {"reduceOnly": True})


async def test_a_halted_and_a_delisted_symbol(connect, control):
    client = await connect("binance", "sam")
    await client.load_markets()
    await control.post("market", venue="binance", symbol="BTCUSDT", status="BREAK")
    with pytest.raises(ccxt.MarketClosed):
        await client.create_order(BTC, "market", "buy", 0.001)
    assert (await client.load_markets(True))[BTC]["active"] is False
    await control.post("market", venue="binance", symbol="BTCUSDT", status="DELISTED")
    with pytest.raises(ccxt.BadSymbol):
        await client.create_order(BTC, "market", "buy", 0.001)


async def test_tickers_and_depth(connect):
    client = await connect("binance", "sam")
    ticker = await client.fetch_ticker(BTC)
    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (60000, 60000.01, 60000)
    assert set(await client.fetch_tickers()) >= {BTC, "ETH/USDT"}
    assert (await client.fetch_bids_asks([BTC]))[BTC]["ask"] == 60000.01
    assert (await client.fetch_last_prices([BTC]))[BTC]["price"] == 60000
    book = await client.fetch_order_book(BTC, 5)
    assert (book["bids"][0][0], book["asks"][0][0], len(book["asks"])) == (60000, 60000.01, 5)
