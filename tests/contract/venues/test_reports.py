"""A trade that a venue tells wrongly is set aside with what was sent; its neighbours are fills."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.domain.asides import Aside, Flaw
from pilotfish.domain.fills import Fill
from pilotfish_venues.paging import next_cursor
from pilotfish_venues.spec import Cursor, FillList

Garble = Callable[[dict[str, Any]], Any]
DAY_MS = 86_400_000


def unreadable(row: dict[str, Any]) -> Any:
    raise ValueError("no such side")


GARBLED: list[tuple[Garble, Flaw]] = [
    (lambda row: row | {"price": "0"}, Flaw.NO_PRICE),
    (lambda row: row | {"price": None}, Flaw.NO_PRICE),
    (lambda row: row | {"amount": "-1"}, Flaw.NO_QUANTITY),
    (lambda row: row | {"timestamp": row["timestamp"] + DAY_MS}, Flaw.FUTURE),
    (lambda row: row | {"timestamp": None}, Flaw.NO_TIME),
    (lambda row: row | {"symbol": "GONE/USDT:USDT"}, Flaw.UNKNOWN_MARKET),
    (lambda row: row | {"id": None}, Flaw.NO_ID),
    (lambda row: row | {"side": None}, Flaw.UNREADABLE),
    (unreadable, Flaw.UNREADABLE),
]


@pytest.mark.parametrize("venue", ["binance", "binanceusdm", "delta"])
@pytest.mark.parametrize(("garble", "flaw"), GARBLED)
async def test_one_bad_row_of_a_list_costs_no_other(
    opened: Any,
    order: Any,
    venue: str,
    garble: Garble,
    flaw: Flaw,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = await opened(venue)
    first, second = order(venue, "0.01"), order(venue, "0.02")
    await account.create_order(first)
    bad = (await account.fills_since(first.claimed_ms, [first.symbol]))[0].trade_id
    await account.create_order(second)
    parse = account._exchange.parse_trade

    def parse_trade(trade: Any, market: Any = None) -> Any:
        row = parse(trade, market)
        return garble(row) if row["id"] == bad else row

    monkeypatch.setattr(account._exchange, "parse_trade", parse_trade)
    found = await account.fills_since(first.claimed_ms, [first.symbol])

    fills = [report for report in found if isinstance(report, Fill)]
    [aside] = [report for report in found if isinstance(report, Aside)]
    assert [fill.quantity for fill in fills] == [second.quantity]
    assert aside.flaw is flaw
    assert bad in json.dumps(json.loads(aside.raw))
    if flaw in {Flaw.NO_PRICE, Flaw.FUTURE, Flaw.NO_TIME}:
        assert aside.moves_position
        assert aside.fill is not None
        assert aside.fill.quantity == first.quantity


async def test_a_key_that_a_venue_sends_back_is_not_kept(opened: Any) -> None:
    account = await opened("binance")
    secret = account._secrets[0]
    row = {"info": {"note": f"of {secret}", "price": "0"}, "id": "1"}
    aside = account._report(row)
    assert isinstance(aside, Aside)
    assert json.loads(aside.raw) == {"note": "of …", "price": "0"}


def test_the_next_page_is_asked_for_by_a_row_that_has_a_time() -> None:
    listed = FillList(page=2, cursor=Cursor.TIME, cursor_param="end")
    assert next_cursor(listed, [{"timestamp": None}, {"timestamp": 7}], "") == "7"


async def test_a_market_that_was_listed_since_is_looked_for_again(
    opened: Any, venues: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await opened("binanceusdm")
    request = order("binanceusdm", "0.01")
    await account.create_order(request)
    exchange = account._exchange
    whole, by_id = exchange.markets, exchange.markets_by_id
    exchange.markets = {s: m for s, m in whole.items() if s != request.symbol}
    exchange.markets_by_id = {i: m for i, m in by_id.items() if i != "BTCUSDT"}

    assert await account.fills_since(request.claimed_ms, [request.symbol]) == []
    row = {"id": "1", "timestamp": 1, "symbol": "BTCUSDT", "price": "1", "amount": "1", "info": {}}
    unlisted = account._report(row | {"side": "buy"})
    assert isinstance(unlisted, Aside)
    assert unlisted.flaw is Flaw.UNKNOWN_MARKET
    monkeypatch.setattr("pilotfish_venues.pool.RELIST_S", -1.0)
    assert await account._listed([unlisted]) == []
    (fill,) = await account.fills_since(request.claimed_ms, [request.symbol])
    assert isinstance(fill, Fill)
    assert exchange.markets is not whole


async def test_markets_are_not_read_for_each_unknown_one(opened: Any) -> None:
    account = await opened("delta")
    asked = []

    async def load(*args: Any) -> None:
        asked.append(args)

    account._exchange.load_markets = load
    assert not await account._relist(account._exchange)
    assert asked == []
