"""OKX's public endpoints: time, status, instruments, tickers and the book."""

from pilotfish_local.exchange.api import PUBLIC, Call, Endpoint
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.engine.market import DELISTED, TRADING, Market
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import listed
from pilotfish_local.exchange.okx.errors import problem
from pilotfish_local.exchange.okx.listing import TYPES

Json = dict[str, object]
DEPTH_LEVELS = 20
KNOWN_TYPES = ("SPOT", "SWAP", "MARGIN", "FUTURES", "OPTION")


def type_of(market: Market) -> str:
    """SPOT or SWAP."""
    return TYPES[market.instrument.kind]


def market_of(exchange: Exchange, call: Call) -> Market:
    """The listed market that a request names."""
    name = call.params.get("instId", "")
    if not name:
        raise problem("50014", "instId")
    market = exchange.engine.markets.get((OKX, name))
    if market is None or market.status == DELISTED:
        raise problem("51001")
    return market


def _of_type(exchange: Exchange, call: Call) -> list[Market]:
    """Markets of one type; margin, futures and options exist, and list nothing."""
    wanted, name = call.params.get("instType", ""), call.params.get("instId")
    if wanted not in KNOWN_TYPES:
        raise problem("51000", "instType")
    return [
        market
        for market in listed(exchange, OKX)
        if type_of(market) == wanted and name in (None, market.instrument.symbol)
    ]


def server_time(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/public/time."""
    return [{"ts": str(exchange.clock.now_ms(OKX))}]


def instruments(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/public/instruments."""
    return [instrument_view(market) for market in _of_type(exchange, call)]


def instrument_view(market: Market) -> Json:
    """A pair or a swap; a swap has no base and quote of its own, only an underlying."""
    i = market.instrument
    swap = not i.is_spot
    return {
        "alias": "",
        "baseCcy": "" if swap else i.base,
        "category": "1",
        "ctMult": "1" if swap else "",
        "ctType": "linear" if swap else "",
        "ctVal": plain(i.contract_value) if swap else "",
        "ctValCcy": i.base if swap else "",
        "expTime": "",
        "instFamily": f"{i.base}-{i.quote}" if swap else "",
        "instId": i.symbol,
        "instType": type_of(market),
        "lever": str(i.max_leverage) if swap else "10",
        "listTime": "1548133413000",
        "lotSz": plain(i.step),
        "maxLmtSz": plain(i.max_qty),
        "maxMktSz": plain(i.max_qty),
        "minSz": plain(i.min_qty),
        "optType": "",
        "quoteCcy": "" if swap else i.quote,
        "settleCcy": i.settle if swap else "",
        "state": "live" if market.status == TRADING else "suspend",
        "stk": "",
        "tickSz": plain(i.tick),
        "uly": f"{i.base}-{i.quote}" if swap else "",
    }


def ticker_view(exchange: Exchange, market: Market) -> Json:
    """24-hour statistics; sizes and volumes are made up."""
    size = plain(market.instrument.step * 1000)
    return {
        "instType": type_of(market),
        "instId": market.instrument.symbol,
        "last": plain(market.last),
        "lastSz": plain(market.instrument.step),
        "askPx": plain(market.ask),
        "askSz": size,
        "bidPx": plain(market.bid),
        "bidSz": size,
        "open24h": plain(market.open_24h),
        "high24h": plain(market.high_24h),
        "low24h": plain(market.low_24h),
        "volCcy24h": plain(market.last * 1000),
        "vol24h": "1000",
        "ts": str(exchange.clock.now_ms(OKX)),
        "sodUtc0": plain(market.open_24h),
        "sodUtc8": plain(market.open_24h),
    }


def ticker(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/market/ticker."""
    return [ticker_view(exchange, market_of(exchange, call))]


def tickers(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/market/tickers."""
    return [ticker_view(exchange, market) for market in _of_type(exchange, call)]


def book_view(exchange: Exchange, market: Market, count: int) -> Json:
    """A made-up book around the best bid and ask, one tick between levels."""
    tick, size = market.instrument.tick, plain(market.instrument.step * 1000)
    return {
        "asks": [[plain(market.ask + tick * n), size, "0", "1"] for n in range(count)],
        "bids": [[plain(market.bid - tick * n), size, "0", "1"] for n in range(count)],
        "ts": str(exchange.clock.now_ms(OKX)),
        "seqId": market.ticks + 1,
    }


def depth(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/market/books; one level when no number is asked for."""
    count = max(1, min(call.integer("sz", 1) or 1, DEPTH_LEVELS))
    return [book_view(exchange, market_of(exchange, call), count)]


V5 = "/api/v5"
MARKET_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V5}/public/time"): Endpoint(OKX, "market", PUBLIC, 1, server_time),
    ("GET", f"{V5}/system/status"): Endpoint(OKX, "market", PUBLIC, 1, lambda e, c: []),
    ("GET", f"{V5}/public/instruments"): Endpoint(OKX, "market", PUBLIC, 1, instruments),
    ("GET", f"{V5}/market/ticker"): Endpoint(OKX, "market", PUBLIC, 1, ticker),
    ("GET", f"{V5}/market/tickers"): Endpoint(OKX, "market", PUBLIC, 1, tickers),
    ("GET", f"{V5}/market/books"): Endpoint(OKX, "market", PUBLIC, 1, depth),
    ("GET", f"{V5}/market/books-full"): Endpoint(OKX, "market", PUBLIC, 1, depth),
}
