"""Bybit's public endpoints: time, instruments, tickers and the book, by category."""

from pilotfish_local.exchange.api import PUBLIC, Call, Endpoint
from pilotfish_local.exchange.bybit.errors import bad
from pilotfish_local.exchange.bybit.listing import book_symbol
from pilotfish_local.exchange.engine.decimals import places, plain
from pilotfish_local.exchange.engine.instruments import BYBIT, LINEAR, SPOT
from pilotfish_local.exchange.engine.market import DELISTED, TRADING, Market
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import listed

Json = dict[str, object]
CATEGORIES = (SPOT, LINEAR, "inverse", "option")
DEPTH_LEVELS = 20


def category_of(call: Call) -> str:
    """The category that every request must name; inverse and option exist, and list nothing."""
    category = call.params.get("category", "")
    if category not in CATEGORIES:
        raise bad("params error: Category is invalid")
    return category


def market_of(exchange: Exchange, call: Call) -> Market:
    """The listed market that a request names."""
    category, name = category_of(call), call.params.get("symbol", "")
    if not name:
        raise bad("params error: symbol is required")
    market = exchange.engine.markets.get((BYBIT, book_symbol(category, name)))
    if market is None or market.status == DELISTED or category not in (SPOT, LINEAR):
        raise Refused(Reason.UNKNOWN_SYMBOL, name)
    return market


def _chosen(exchange: Exchange, call: Call) -> list[Market]:
    category, symbol = category_of(call), call.params.get("symbol")
    markets = listed(exchange, BYBIT, category)
    return [m for m in markets if symbol in (None, m.instrument.wire_name)]


def server_time(exchange: Exchange, call: Call) -> object:
    """GET /v5/market/time."""
    now = exchange.clock.now_ms(BYBIT)
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


def instruments_info(exchange: Exchange, call: Call) -> object:
    """GET /v5/market/instruments-info: what trades, unless another status is asked for."""
    status = call.params.get("status", "Trading")
    markets = _chosen(exchange, call) if status == "Trading" else []
    views = [instrument_view(market) for market in markets]
    return {"category": category_of(call), "list": views, "nextPageCursor": ""}


def instrument_view(market: Market) -> Json:
    """A pair or a perpetual with its filters."""
    i = market.instrument
    view: Json = {
        "symbol": i.wire_name,
        "baseCoin": i.base,
        "quoteCoin": i.quote,
        "status": "Trading" if market.status == TRADING else "Closed",
    }
    if i.is_spot:
        return {**view, **_pair_filters(market)}
    return {**view, **_perpetual_filters(market)}


def _pair_filters(market: Market) -> Json:
    i = market.instrument
    return {
        "innovation": "0",
        "marginTrading": "utaOnly",
        "lotSizeFilter": {
            "basePrecision": plain(i.step),
            "quotePrecision": "0.0000001",
            "minOrderQty": plain(i.min_qty),
            "maxOrderQty": plain(i.max_qty),
            "minOrderAmt": plain(i.min_notional),
            "maxOrderAmt": "8000000",
        },
        "priceFilter": {"tickSize": plain(i.tick)},
    }


def _perpetual_filters(market: Market) -> Json:
    i = market.instrument
    return {
        "contractType": "LinearPerpetual",
        "launchTime": "1584230400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(places(i.tick)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{i.max_leverage}.00",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": plain(i.tick),
            "maxPrice": "1999999.8",
            "tickSize": plain(i.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": plain(i.max_qty),
            "minOrderQty": plain(i.min_qty),
            "qtyStep": plain(i.step),
            "postOnlyMaxOrderQty": plain(i.max_qty),
            "maxMktOrderQty": plain(i.max_qty),
            "minNotionalValue": plain(i.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": i.settle,
        "copyTrading": "both",
    }


def ticker_view(market: Market) -> Json:
    """24-hour statistics; sizes and volumes are made up."""
    i, last = market.instrument, plain(market.last)
    change = (market.last - market.open_24h) / market.open_24h
    size = plain(i.step * 1000)
    view: Json = {
        "symbol": i.wire_name,
        "bid1Price": plain(market.bid),
        "bid1Size": size,
        "ask1Price": plain(market.ask),
        "ask1Size": size,
        "lastPrice": last,
        "prevPrice24h": plain(market.open_24h),
        "price24hPcnt": f"{change:.6f}",
        "highPrice24h": plain(market.high_24h),
        "lowPrice24h": plain(market.low_24h),
        "turnover24h": plain(market.last * 1000),
        "volume24h": "1000",
    }
    if i.is_spot:
        return {**view, "usdIndexPrice": last}
    return {**view, **_perpetual_prices(last, market)}


def _perpetual_prices(last: str, market: Market) -> Json:
    return {
        "indexPrice": last,
        "markPrice": last,
        "prevPrice1h": plain(market.open_24h),
        "openInterest": "1000",
        "openInterestValue": plain(market.last * 1000),
        "fundingRate": "0.0001",
        "nextFundingTime": "4102444800000",
        "deliveryTime": "0",
    }


def tickers(exchange: Exchange, call: Call) -> object:
    """GET /v5/market/tickers: of one symbol, or of a category."""
    found = _chosen(exchange, call)
    if not found and "symbol" in call.params:
        raise bad("Not supported symbols")
    return {"category": category_of(call), "list": [ticker_view(market) for market in found]}


def levels(market: Market, count: int) -> tuple[list[list[str]], list[list[str]]]:
    """Made-up bids and asks around the best ones, one tick between levels."""
    tick, size = market.instrument.tick, plain(market.instrument.step * 1000)
    bids = [[plain(market.bid - tick * n), size] for n in range(count)]
    return bids, [[plain(market.ask + tick * n), size] for n in range(count)]


def depth(exchange: Exchange, call: Call) -> object:
    """GET /v5/market/orderbook."""
    market = market_of(exchange, call)
    bids, asks = levels(market, min(call.integer("limit") or DEPTH_LEVELS, DEPTH_LEVELS))
    now = exchange.clock.now_ms(BYBIT)
    return {
        "s": market.instrument.wire_name,
        "b": bids,
        "a": asks,
        "ts": now,
        "u": market.ticks + 1,
        "seq": market.ticks + 1,
        "cts": now,
    }


V5 = "/v5/market"
MARKET_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V5}/time"): Endpoint(BYBIT, "market", PUBLIC, 1, server_time),
    ("GET", f"{V5}/instruments-info"): Endpoint(BYBIT, "market", PUBLIC, 1, instruments_info),
    ("GET", f"{V5}/tickers"): Endpoint(BYBIT, "market", PUBLIC, 1, tickers),
    ("GET", f"{V5}/orderbook"): Endpoint(BYBIT, "market", PUBLIC, 1, depth),
}
