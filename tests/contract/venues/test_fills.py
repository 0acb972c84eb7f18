"""Reading an account's fills over REST, through every page."""

import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import OutcomeUnknown, VenueError
from pilotfish.domain.fills import PositionSide, Side
from pilotfish_venues import table
from pilotfish_venues.reports import in_order

VENUES = ["binance", "binanceusdm", "delta"]


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.mark.parametrize("venue", VENUES)
async def test_a_fill_is_told_in_our_terms(venue: str, opened: Any, order: Any) -> None:
    account = await opened(venue)
    before_ms = now_ms()
    sent = await account.create_order(order(venue, "0.012"))

    (fill,) = await account.fills_since(before_ms, [order(venue, "1").symbol])

    assert (fill.account_id, fill.venue) == ("ann", venue)
    assert (fill.side, fill.position_side) == (Side.BUY, PositionSide.NET)
    assert (fill.order_id, fill.price) == (sent.order_id, sent.average_price)
    assert fill.quantity == Decimal("0.012")
    assert before_ms <= fill.traded_ms <= fill.seen_ms
    assert fill.fee > 0
    paid_in = {"binance": "BTC", "binanceusdm": "USDT", "delta": "USD"}
    assert fill.fee_currency == paid_in[venue]


async def test_a_hedged_fill_names_its_side(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm", hedge=True)
    request = order("binanceusdm", "0.012", Side.SELL, position_side=PositionSide.SHORT)
    await account.create_order(request)

    (fill,) = await account.fills_since(request.claimed_ms, [request.symbol])

    assert fill.position_side is PositionSide.SHORT


def _paged_by(account: Any, rows: int) -> None:
    shared = account._exchange.shared
    fills = tuple(replace(listed, page=rows) for listed in shared.spec.fills)
    shared.spec = replace(shared.spec, fills=fills)


@pytest.mark.parametrize("venue", VENUES)
async def test_no_page_is_left_out_and_no_fill_is_told_twice(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    _paged_by(account, 2)
    start_ms = now_ms()
    for number in range(7):
        await account.create_order(order(venue, f"0.00{number + 1}", client_id=f"pf{number}"))

    fills = await account.fills_since(start_ms, [order(venue, "1").symbol])

    assert [fill.quantity for fill in fills] == [Decimal(f"0.00{n + 1}") for n in range(7)]


@pytest.mark.parametrize("venue", VENUES)
async def test_fills_are_found_behind_windows_that_are_empty(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    window_ms = table.spec_of(venue).fills[0].window_ms
    await account.create_order(order(venue, "0.01"))

    long_ago_ms = now_ms() - 3 * window_ms - 60_000
    assert len(await account.fills_since(long_ago_ms, [order(venue, "1").symbol])) == 1


@pytest.mark.parametrize("venue", VENUES)
async def test_every_symbol_asked_for_is_read_and_unlisted_ones_are_left_out(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    btc = order(venue, "0.01")
    eth = order(venue, "0.1", client_id="pf2", symbol=btc.symbol.replace("BTC", "ETH"))
    await account.create_order(btc)
    await account.create_order(eth)

    fills = await account.fills_since(btc.claimed_ms, [eth.symbol, btc.symbol, "GONE/USDT"])

    assert [fill.symbol for fill in fills] == [btc.symbol, eth.symbol]


async def test_fills_before_the_moment_asked_for_are_left_out(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm")
    request = order("binanceusdm", "0.01")
    await account.create_order(request)
    (fill,) = await account.fills_since(request.claimed_ms, [request.symbol])

    assert await account.fills_since(fill.traded_ms + 1, [request.symbol]) == []
    assert await account.fills_since(fill.traded_ms, [request.symbol]) != []


async def test_older_fills_that_a_venue_throws_in_are_left_out(
    opened: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await opened("delta")
    await account.create_order(order("delta", "0.01"))
    read = account._exchange.privateGetFills

    async def all_of_them(params: dict[str, Any]) -> Any:
        return await read({"page_size": params["page_size"]})

    monkeypatch.setattr(account._exchange, "privateGetFills", all_of_them, raising=False)

    assert await account.fills_since(now_ms() + 1, []) == []


async def test_no_digit_of_a_venues_number_is_lost(opened: Any) -> None:
    exchange = (account := await opened("binance"))._exchange
    raw = {
        "symbol": "BTCUSDT", "id": 7, "orderId": 1, "time": 1, "isBuyer": True, "isMaker": False,
        "price": "60000.123456789012345678", "qty": "1234567.123456789012345678",
        "commission": "0.000000000000000001", "commissionAsset": "BNB",
    }  # fmt: skip

    fill = account._report(exchange.parse_trade(raw))

    assert (str(fill.price), str(fill.quantity)) == (raw["price"], raw["qty"])
    assert fill.fee == Decimal("1E-18")


async def test_fills_of_one_millisecond_stand_in_the_order_of_their_ids(
    opened: Any, order: Any
) -> None:
    account = await opened("binanceusdm")
    request = order("binanceusdm", "0.01")
    await account.create_order(request)
    (fill,) = await account.fills_since(request.claimed_ms, [request.symbol])
    mixed = [replace(fill, trade_id=trade_id) for trade_id in ("10", "9", "100", "9")]

    assert [each.trade_id for each in in_order(mixed)] == ["9", "10", "100"]


@pytest.mark.parametrize("venue", ["binanceusdm", "delta"])
async def test_positions_are_signed_and_in_base_units(venue: str, opened: Any, order: Any) -> None:
    account = await opened(venue)
    request = order(venue, "0.03", Side.SELL)
    await account.create_order(request)

    (position,) = await account.positions()

    assert (position.symbol, position.position_side) == (request.symbol, PositionSide.NET)
    assert position.quantity == Decimal("-0.03")
    assert await account.symbols_traded(0) == {request.symbol}


async def test_a_round_trip_in_a_new_symbol_is_found_by_its_income(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm")
    since_ms = await account.server_time_ms()
    await account.create_order(order("binanceusdm", "0.03", Side.BUY))
    await account.create_order(order("binanceusdm", "0.03", Side.SELL))

    assert await account.positions() == []
    assert await account.symbols_traded(since_ms) == {"BTC/USDT:USDT"}
    assert await account.symbols_traded(since_ms + 60_000) == set()


@pytest.mark.parametrize("venue", VENUES)
async def test_holdings_that_cannot_be_read_are_not_taken_for_none(
    venue: str, exchange: Any, opened: Any
) -> None:
    account = await opened(venue)
    kind = "balance" if venue == "binance" else "positions"
    await exchange.fault("junk", endpoint=kind)

    with pytest.raises(VenueError):
        await account.positions()


async def test_a_spot_balance_stands_under_each_market_it_could_be_sold_on(opened: Any) -> None:
    account = await opened("binance", balances={"BTC": "0.5", "ETH": "0"})

    held = {position.symbol: position.quantity for position in await account.positions()}

    assert held == {"BTC/USDT": Decimal("0.5")}
    assert await account.symbols_traded(0) == {"BTC/USDT"}


async def test_a_coin_with_unusual_quotes_alone_is_not_taken_for_none(opened: Any) -> None:
    account = await opened("binance", balances={"BTC": "0.5"})
    shared = account._exchange.shared
    shared.spec = replace(shared.spec, quotes=("FDUSD",))

    held = {position.symbol: position.quantity for position in await account.positions()}

    assert held == {"BTC/USDT": Decimal("0.5")}


async def test_a_position_without_a_size_is_not_taken_for_none(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await opened("binanceusdm")

    async def hollow() -> Any:
        return [{"symbol": "BTCUSDT", "positionAmt": None, "positionSide": "BOTH"}]

    monkeypatch.setattr(account._exchange, "fapiPrivateV3GetPositionRisk", hollow, raising=False)

    with pytest.raises(OutcomeUnknown, match="holding of None"):
        await account.positions()


@pytest.mark.parametrize("venue", VENUES)
async def test_the_venues_clock_is_told(venue: str, exchange: Any, opened: Any) -> None:
    account = await opened(venue)
    await exchange.post("clock", venue=venue, offset_ms=90_000)

    assert await account.server_time_ms() >= now_ms() + 89_000
