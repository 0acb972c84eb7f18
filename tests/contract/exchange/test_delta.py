"""Delta through ccxt.delta: contracts, orders by both ids, fills in pages, positions, errors."""

from decimal import Decimal

import ccxt
import pytest

BTC = "BTC/USD:USD"


async def test_markets_are_in_contracts(connect):
    client = await connect("delta", "dee")
    markets = await client.load_markets()
    assert {BTC, "ETH/USD:USD", "SOL/USD:USD"} <= set(markets)
    assert markets[BTC]["contractSize"] == 0.001
    assert markets[BTC]["precision"] == {"amount": 1, "price": 0.5}
    assert markets[BTC]["numericId"] == 27
    assert abs(await client.fetch_time() - client.milliseconds()) < 2000


async def test_a_market_order_moves_the_position_and_the_wallet(connect, control):
    client = await connect("delta", "dee", balances={"USD": "1000"})
    made = await client.create_order(BTC, "market", "buy", 10, None, {"client_order_id": "c1"})
    assert (made["status"], made["filled"], made["average"]) == ("closed", 10, 60000.5)
    assert made["clientOrderId"] == "c1"
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"]) == ("long", 10)
    assert position["entryPrice"] == 60000.5
    await control.pin("delta", "BTCUSD", "61000")
    await client.create_order(BTC, "market", "sell", 10, None, {"reduceOnly": True})
    assert await client.fetch_positions() == []
    assert (await client.fetch_position(BTC))["contracts"] == 0
    trades = await client.fetch_my_trades(BTC)
    fees = sum(Decimal(t["info"]["commission"]) for t in trades)
    profit = (Decimal(61000) - Decimal("60000.5")) * 10 * Decimal("0.001")
    balance = await client.fetch_balance()
    assert Decimal(str(balance["USD"]["total"])) == 1000 + profit - fees


async def test_orders_are_found_by_either_id(connect):
    client = await connect("delta", "dee")
    made = await client.create_order(BTC, "limit", "buy", 1, 50000, {"client_order_id": "mine"})
    assert (await client.fetch_order(made["id"], BTC))["status"] == "open"
    assert (await client.fetch_order("", BTC, {"clientOrderId": "mine"}))["id"] == made["id"]
    assert [o["id"] for o in await client.fetch_open_orders(BTC)] == [made["id"]]
    assert (await client.cancel_order(made["id"], BTC))["status"] == "canceled"
    assert [o["id"] for o in await client.fetch_closed_orders(BTC)] == [made["id"]]
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(made["id"], BTC)
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("", BTC, {"clientOrderId": "other"})


async def test_fills_of_all_symbols_in_pages_by_cursor(connect):
    client = await connect("delta", "dee")
    for _ in range(3):
        await client.create_order(BTC, "market", "buy", 1)
        await client.create_order("ETH/USD:USD", "market", "sell", 1)
    await client.load_markets()
    newest = await client.privateGetFills({"page_size": 4})
    assert len(newest["result"]) == 4
    rest = await client.privateGetFills({"page_size": 4, "after": newest["meta"]["after"]})
    assert len(rest["result"]) == 2
    assert rest["meta"]["after"] is None
    assert len({fill["id"] for fill in newest["result"] + rest["result"]}) == 6
    assert [f["side"] for f in newest["result"]] == ["sell", "buy", "sell", "buy"]
    of_btc = await client.privateGetFills({"product_ids": "27"})
    assert {fill["product_symbol"] for fill in of_btc["result"]} == {"BTCUSD"}
    assert len(await client.fetch_my_trades()) == 6
    assert len(await client.fetch_my_trades(BTC)) == 3


async def test_fills_since(connect):
    client = await connect("delta", "dee")
    await client.create_order(BTC, "market", "buy", 1)
    (trade,) = await client.fetch_my_trades()
    assert len(await client.fetch_my_trades(None, trade["timestamp"])) == 1
    assert await client.fetch_my_trades(None, trade["timestamp"] + 1000) == []


@pytest.mark.parametrize(
    ("order", "error", "code"),
    [
        (("BTC/USD:USD", "market", "buy", 500_000), ccxt.InsufficientFunds, "insufficient_margin"),
        (("BTC/USD:USD", "limit", "buy", 1, 60000.7), None, None),
        (("BTC/USD:USD", "market", "sell", 2_000_000), ccxt.BadRequest, "bad_schema"),
    ],
)
async def test_refusals_in_deltas_own_codes(connect, control, order, error, code):
    client = await connect("delta", "dee")
    if error is None:
        assert await client.create_order(*order)
        return
    with pytest.raises(error, match=code):
        await client.create_order(*order)
    (rejected,) = await control.rejected(account="dee")
    assert (rejected["code"], rejected["symbol"]) == (code, "BTCUSD")
    assert await control.orders(account="dee") == []


async def test_reduce_only_without_a_position(connect):
    client = await connect("delta", "dee")
    with pytest.raises(ccxt.ExchangeError, match="no_position_for_reduce_only"):
        await client.create_order(BTC, "market", "sell", 1, None, {"reduceOnly": True})


async def test_conditional_orders_are_refused_not_ignored(connect, control):
    client = await connect("delta", "dee")
    with pytest.raises(ccxt.BadRequest, match="stop_order_type"):
        await client.create_order(BTC, "market", "sell", 1, None, {"stop_order_type": "stop_loss"})
    assert await control.orders(account="dee") == []


async def test_leverage(connect):
    client = await connect("delta", "dee", balances={"USD": "100"})
    await client.set_leverage(5, BTC)
    assert (await client.fetch_leverage(BTC))["longLeverage"] == 5
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(BTC, "market", "buy", 10)
    await client.set_leverage(50, BTC)
    await client.create_order(BTC, "market", "buy", 10)


async def test_a_wrong_clock_or_key_is_said_so(connect, control, client_of):
    client = await connect("delta", "dee")
    await client.load_markets()
    await control.post("clock", venue="delta", offset_ms=10_000)
    with pytest.raises(ccxt.ExchangeError, match="expired_signature"):
        await client.fetch_balance()
    await control.post("clock", venue="delta", offset_ms=0)
    client.secret = "another"
    with pytest.raises(ccxt.ExchangeError, match="Signature Mismatch"):
        await client.fetch_balance()
    stranger = await client_of("delta", "nobody")
    with pytest.raises(ccxt.AuthenticationError, match="invalid_api_key"):
        await stranger.fetch_balance()


async def test_tickers_and_depth(connect):
    client = await connect("delta", "dee")
    ticker = await client.fetch_ticker(BTC)
    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (60000, 60000.5, 60000)
    assert set(await client.fetch_tickers()) >= {BTC, "ETH/USD:USD"}
    book = await client.fetch_order_book(BTC)
    assert (book["bids"][0][0], book["asks"][0][0]) == (60000, 60000.5)


async def test_a_halted_and_a_delisted_contract(connect, control):
    client = await connect("delta", "dee")
    await client.load_markets()
    await control.post("market", venue="delta", symbol="BTCUSD", status="BREAK")
    with pytest.raises(ccxt.ExchangeError, match="market_disrupted_cancel_only_mode"):
        await client.create_order(BTC, "market", "buy", 1)
    await control.post("market", venue="delta", symbol="BTCUSD", status="DELISTED")
    with pytest.raises(ccxt.BadSymbol):
        await client.create_order(BTC, "market", "buy", 1)
    assert BTC not in await client.load_markets(True)
