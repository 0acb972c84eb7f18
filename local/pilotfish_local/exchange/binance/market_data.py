"""Binance's public endpoints: time, tickers, depth, and what symbols.py lists."""

from decimal import Decimal

from pilotfish_local.exchange.api import PUBLIC, READ, Call, Endpoint
from pilotfish_local.exchange.binance.symbols import (
    coins,
    listed,
    no_symbols,
    nothing,
    one_market,
    spot_info,
    usdm_info,
)
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import BINANCE, BINANCEUSDM
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.exchange import Exchange

DEPTH_LEVELS = 20


def server_time(venue: str, exchange: Exchange) -> dict[str, object]:
    """The venue's clock."""
    return {"serverTime": exchange.clock.now_ms(venue)}


def depth(venue: str, exchange: Exchange, call: Call) -> object:
    """A made-up book around the best bid and ask, one tick between levels."""
    market = one_market(exchange, venue, call)
    tick = market.instrument.tick
    levels = range(min(call.integer("limit", DEPTH_LEVELS) or DEPTH_LEVELS, DEPTH_LEVELS))
    size = plain(market.instrument.step * 1000)
    now = exchange.clock.now_ms(venue)
    return {
        "lastUpdateId": market.ticks + 1,
        "E": now,
        "T": now,
        "bids": [[plain(market.bid - tick * n), size] for n in levels],
        "asks": [[plain(market.ask + tick * n), size] for n in levels],
    }


def ticker_view(exchange: Exchange, market: Market) -> dict[str, object]:
    """24-hour statistics; the volume is made up."""
    now = exchange.clock.now_ms(market.instrument.venue)
    change = market.last - market.open_24h
    percent = change / market.open_24h * 100
    return {
        "symbol": market.instrument.symbol,
        "priceChange": plain(change),
        "priceChangePercent": f"{percent:.3f}",
        "weightedAvgPrice": plain(market.last),
        "lastPrice": plain(market.last),
        "lastQty": plain(market.instrument.step),
        "bidPrice": plain(market.bid),
        "bidQty": plain(market.instrument.step * 1000),
        "askPrice": plain(market.ask),
        "askQty": plain(market.instrument.step * 1000),
        "openPrice": plain(market.open_24h),
        "highPrice": plain(market.high_24h),
        "lowPrice": plain(market.low_24h),
        "volume": "1000.0",
        "quoteVolume": plain(market.last * 1000),
        "openTime": now - 86_400_000,
        "closeTime": now,
        "firstId": 1,
        "lastId": market.ticks,
        "count": market.ticks,
    }


def tickers(venue: str, exchange: Exchange, call: Call) -> object:
    """One ticker, or all."""
    if "symbol" in call.params:
        return ticker_view(exchange, one_market(exchange, venue, call))
    return [ticker_view(exchange, market) for market in listed(exchange, venue)]


def prices(venue: str, exchange: Exchange, call: Call) -> object:
    """Last prices only."""
    now = exchange.clock.now_ms(venue)
    found = [
        {"symbol": m.instrument.symbol, "price": plain(m.last), "time": now}
        for m in listed(exchange, venue)
    ]
    wanted = call.params.get("symbol")
    return next((f for f in found if f["symbol"] == wanted), found) if wanted else found


def book_tickers(venue: str, exchange: Exchange, call: Call) -> object:
    """Best bids and asks."""
    if "symbol" in call.params:
        return ticker_view(exchange, one_market(exchange, venue, call))
    return [ticker_view(exchange, market) for market in listed(exchange, venue)]


def premium_index(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/premiumIndex: the mark price, here the last price."""
    now = exchange.clock.now_ms(BINANCEUSDM)
    found = [_premium(market, now) for market in listed(exchange, BINANCEUSDM)]
    wanted = call.params.get("symbol")
    return next((f for f in found if f["symbol"] == wanted), found) if wanted else found


def _premium(market: Market, now: int) -> dict[str, object]:
    return {
        "symbol": market.instrument.symbol,
        "markPrice": plain(market.last),
        "indexPrice": plain(market.last),
        "estimatedSettlePrice": plain(market.last),
        "lastFundingRate": plain(Decimal("0.0001")),
        "interestRate": "0.00010000",
        "nextFundingTime": now + 3_600_000,
        "time": now,
    }


def _public(venue: str) -> dict[tuple[str, str], Endpoint]:
    root = "/api/v3" if venue == BINANCE else "/fapi/v1"
    info = spot_info if venue == BINANCE else usdm_info
    return {
        ("GET", f"{root}/ping"): Endpoint(venue, "market", PUBLIC, 1, lambda e, c: {}),
        ("GET", f"{root}/time"): Endpoint(
            venue, "market", PUBLIC, 1, lambda e, c: server_time(venue, e)
        ),
        ("GET", f"{root}/exchangeInfo"): Endpoint(venue, "market", PUBLIC, 20, info),
        ("GET", f"{root}/depth"): Endpoint(
            venue, "market", PUBLIC, 5, lambda e, c: depth(venue, e, c)
        ),
        ("GET", f"{root}/ticker/24hr"): Endpoint(
            venue, "market", PUBLIC, 2, lambda e, c: tickers(venue, e, c)
        ),
        ("GET", f"{root}/ticker/price"): Endpoint(
            venue, "market", PUBLIC, 2, lambda e, c: prices(venue, e, c)
        ),
        ("GET", f"{root}/ticker/bookTicker"): Endpoint(
            venue, "market", PUBLIC, 2, lambda e, c: book_tickers(venue, e, c)
        ),
    }


MARKET_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    **_public(BINANCE),
    **_public(BINANCEUSDM),
    ("GET", "/fapi/v1/premiumIndex"): Endpoint(BINANCEUSDM, "market", PUBLIC, 1, premium_index),
    ("GET", "/dapi/v1/exchangeInfo"): Endpoint(BINANCEUSDM, "market", PUBLIC, 1, no_symbols),
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(BINANCE, "settings", READ, 10, coins),
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(BINANCE, "settings", READ, 1, nothing),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(BINANCE, "settings", READ, 10, nothing),
}
