"""What kind of order a fill came from, by the fields in which each venue says it."""

from typing import Any

import pytest

from pilotfish.domain.fills import OrderKind, is_spot
from pilotfish.domain.instruments import Kind
from pilotfish_venues.order_kinds import order_kind
from pilotfish_venues.table import VENUES
from tests.contract.venues.recordings import Recording, recorded

MARKET, LIMIT, CONDITIONAL = OrderKind.MARKET, OrderKind.LIMIT, OrderKind.CONDITIONAL
NOT_TOLD = OrderKind.NOT_TOLD

# In the words of the venues' own documentation.
TOLD: list[tuple[str, dict[str, Any], OrderKind]] = [
    ("binance", {"o": "MARKET"}, MARKET),
    ("binance", {"o": "LIMIT_MAKER"}, LIMIT),
    ("binance", {"o": "STOP_LOSS_LIMIT"}, CONDITIONAL),
    ("binance", {"o": "TAKE_PROFIT"}, CONDITIONAL),
    ("binance", {"isMaker": True}, NOT_TOLD),
    ("binanceusdm", {"o": "MARKET", "ot": "MARKET"}, MARKET),
    ("binanceusdm", {"o": "LIMIT", "ot": "LIMIT"}, LIMIT),
    ("binanceusdm", {"o": "MARKET", "ot": "STOP_MARKET"}, CONDITIONAL),
    ("binanceusdm", {"o": "MARKET", "ot": "TRAILING_STOP_MARKET"}, CONDITIONAL),
    ("binanceusdm", {"o": "MARKET", "ot": "MARKET", "st": "STOP_MARKET"}, CONDITIONAL),
    ("binanceusdm", {"o": "LIQUIDATION", "ot": "LIQUIDATION"}, NOT_TOLD),
    ("bybit", {"orderType": "Limit", "stopOrderType": "UNKNOWN"}, LIMIT),
    ("bybit", {"orderType": "Market", "stopOrderType": ""}, MARKET),
    ("bybit", {"orderType": "Market", "stopOrderType": "Stop"}, CONDITIONAL),
    ("bybit", {"orderType": "Limit", "stopOrderType": "PartialTakeProfit"}, CONDITIONAL),
    ("okx", {"ordType": "optimal_limit_ioc", "source": ""}, MARKET),
    ("okx", {"ordType": "post_only", "source": ""}, LIMIT),
    ("okx", {"ordType": "fok"}, LIMIT),
    ("okx", {"ordType": "market", "source": "7"}, CONDITIONAL),
    ("kraken", {"ordertype": "limit", "type": "buy"}, LIMIT),
    ("kraken", {"order_type": "stop-loss-limit"}, CONDITIONAL),
    ("kraken", {"ordertype": "trailing-stop", "type": "sell"}, CONDITIONAL),
    ("kraken", {"ordertype": "settle-position", "type": "sell"}, NOT_TOLD),
    ("krakenfutures", {"order_type": "limit", "taker_order_type": "market"}, LIMIT),
    ("krakenfutures", {"fillType": "maker"}, NOT_TOLD),
    ("kucoin", {"type": "match", "orderType": "limit"}, LIMIT),
    ("kucoin", {"type": "market", "stop": ""}, MARKET),
    ("kucoin", {"type": "limit", "stop": "loss"}, CONDITIONAL),
    ("htx", {"type": "buy-limit-maker"}, LIMIT),
    ("htx", {"orderType": "sell-stop-limit"}, CONDITIONAL),
    ("htx", {"order_type": "1"}, NOT_TOLD),
    ("bitget", {"orderType": "limit"}, LIMIT),
    ("bitget", {"tradeSide": "close"}, NOT_TOLD),
    ("bitgetuta", {"orderType": "market"}, MARKET),
    ("delta", {"meta_data": {"order_type": "limit_order"}}, LIMIT),
    ("delta", {"meta_data": None}, NOT_TOLD),
    ("gate", {"text": "api", "role": "maker"}, NOT_TOLD),
    ("mexc", {"isTaker": True}, NOT_TOLD),
    ("coinbase", {"trade_type": "FILL"}, NOT_TOLD),
    ("kana", {"order_type": 1}, NOT_TOLD),
]


@pytest.mark.parametrize(("venue", "info", "kind"), TOLD)
def test_a_fill_tells_the_kind_of_its_order(
    venue: str, info: dict[str, Any], kind: OrderKind
) -> None:
    assert order_kind(VENUES[venue].order_kinds, info) is kind


@pytest.mark.parametrize("venue", recorded())
@pytest.mark.parametrize("way", ["fills", "stream"])
def test_the_row_says_which_recorded_fills_tell_it(venue: str, way: str) -> None:
    fields = VENUES[venue].order_kinds
    claimed = fields.listed if way == "fills" else fields.streamed
    for fill in Recording(venue).get(way, {"become": []})["become"]:
        kind = Kind.SPOT if is_spot(fill["symbol"]) else Kind.LINEAR
        assert bool(fill["order_kind"]) == (kind in claimed), fill


@pytest.mark.parametrize("venue", recorded())
def test_a_venue_that_tells_of_conditional_orders_has_an_example(venue: str) -> None:
    found = {kind for name, _, kind in TOLD if name == venue}
    if VENUES[venue].order_kinds.conditional:
        assert CONDITIONAL in found


SYMBOLS = {
    "binance": "BTC/USDT",
    "binanceusdm": "BTC/USDT:USDT",
    "bybit": "BTC/USDT:USDT",
    "delta": "BTC/USD:USD",
}


@pytest.mark.parametrize("venue", list(SYMBOLS))
async def test_a_streamed_fill_says_whether_it_came_from_a_market_or_a_limit_order(
    venue: str, opened: Any, order: Any, hear: Any
) -> None:
    account = await opened(venue)
    heard = await hear(account)
    symbol = SYMBOLS[venue]

    await account.create_order(order(venue, "0.01", symbol=symbol))
    limited = order(venue, "0.02", symbol=symbol, client_id="pflimit", limit="900000")
    await account.create_order(limited)

    fills = {str(fill.quantity.normalize()): fill for fill in await heard.until(2)}
    assert [fills[size].order_kind for size in ("0.01", "0.02")] == [MARKET, LIMIT]
    listed = await account.fills_since(limited.claimed_ms - 1000, [symbol])
    told = {fill.order_kind for fill in listed if fill.trade_id == fills["0.02"].trade_id}
    assert told == {LIMIT if VENUES[venue].order_kinds.listed else NOT_TOLD}
