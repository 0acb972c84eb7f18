"""Binance's public endpoints: time, symbols and filters, tickers, depth; and the wallet's coins."""

from decimal import Decimal

from .api import PUBLIC, READ, Call, Endpoint
from .binance_errors import missing
from .decimals import fixed, places, plain
from .exchange import Exchange
from .instruments import BINANCE, BINANCEUSDM, Instrument
from .market import DELISTED, Market
from .orders import Reason, Refused

DEPTH_LEVELS = 20
PERPETUAL_DELIVERY_MS = 4133404800000


def server_time(venue: str, exchange: Exchange) -> dict[str, object]:
    """The venue's clock."""
    return {"serverTime": exchange.clock.now_ms(venue)}


def listed(exchange: Exchange, venue: str) -> list[Market]:
    """The markets of a venue that are not delisted."""
    markets = exchange.engine.markets.items()
    return [m for (name, _), m in markets if name == venue and m.status != DELISTED]


def one_market(exchange: Exchange, venue: str, call: Call) -> Market:
    """The market named by the request."""
    symbol = call.params.get("symbol")
    if not symbol:
        raise missing("symbol")
    market = exchange.engine.market(venue, symbol)
    if market.status == DELISTED:
        raise Refused(Reason.UNKNOWN_SYMBOL, symbol)
    return market


def spot_info(exchange: Exchange, call: Call) -> object:
    """GET /api/v3/exchangeInfo."""
    return {
        "timezone": "UTC",
        "serverTime": exchange.clock.now_ms(BINANCE),
        "rateLimits": _rate_limits(exchange, BINANCE),
        "exchangeFilters": [],
        "symbols": [_spot_symbol(market) for market in listed(exchange, BINANCE)],
    }


def _spot_symbol(market: Market) -> dict[str, object]:
    i = market.instrument
    return {
        "symbol": i.symbol,
        "status": market.status,
        "baseAsset": i.base,
        "baseAssetPrecision": 8,
        "quoteAsset": i.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            _price_filter(i),
            _lot_filter("LOT_SIZE", i),
            {
                "filterType": "NOTIONAL",
                "minNotional": fixed(i.min_notional),
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _price_filter(i: Instrument) -> dict[str, object]:
    return {
        "filterType": "PRICE_FILTER",
        "minPrice": plain(i.tick),
        "maxPrice": "1000000.00",
        "tickSize": plain(i.tick),
    }


def _lot_filter(name: str, i: Instrument) -> dict[str, object]:
    return {
        "filterType": name,
        "minQty": plain(i.min_qty),
        "maxQty": plain(i.max_qty),
        "stepSize": plain(i.step),
    }


def _rate_limits(exchange: Exchange, venue: str) -> list[dict[str, object]]:
    limits = exchange.meter.limits[venue]
    return [
        {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": limits.weight_per_minute,
        },
        {
            "rateLimitType": "ORDERS",
            "interval": "SECOND",
            "intervalNum": 10,
            "limit": limits.orders_per_10s,
        },
    ]


def usdm_info(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/exchangeInfo."""
    return {
        "timezone": "UTC",
        "serverTime": exchange.clock.now_ms(BINANCEUSDM),
        "futuresType": "U_MARGINED",
        "rateLimits": _rate_limits(exchange, BINANCEUSDM),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_usdm_symbol(market) for market in listed(exchange, BINANCEUSDM)],
    }


def _usdm_symbol(market: Market) -> dict[str, object]:
    i = market.instrument
    return {
        "symbol": i.symbol,
        "pair": i.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_DELIVERY_MS,
        "onboardDate": 1569398400000,
        "status": market.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": i.base,
        "quoteAsset": i.quote,
        "marginAsset": i.settle,
        "pricePrecision": places(i.tick),
        "quantityPrecision": places(i.step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": [
            _price_filter(i),
            _lot_filter("LOT_SIZE", i),
            _lot_filter("MARKET_LOT_SIZE", i),
            {"filterType": "MIN_NOTIONAL", "notional": plain(i.min_notional)},
        ],
    }


def coins(exchange: Exchange, call: Call) -> object:
    """GET /sapi/v1/capital/config/getall: what ccxt calls currencies."""
    assets = {"USDT": "Tether", "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana"}
    return [
        {
            "coin": asset,
            "name": name,
            "trading": True,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "isLegalMoney": False,
            "free": fixed(call.owner.balance(asset).free),
            "locked": fixed(call.owner.balance(asset).locked),
            "networkList": [],
        }
        for asset, name in {**assets, "DOGE": "Dogecoin"}.items()
    ]


def nothing(exchange: Exchange, call: Call) -> object:
    """An empty list: margin pairs are not modelled."""
    return []


def no_symbols(exchange: Exchange, call: Call) -> object:
    """COIN-M futures are not modelled."""
    return {"timezone": "UTC", "rateLimits": [], "exchangeFilters": [], "symbols": []}


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
    ("GET", "/fapi/v1/premiumIndex"): Endpoint(
        BINANCEUSDM, "market", PUBLIC, 1, premium_index
    ),
    ("GET", "/dapi/v1/exchangeInfo"): Endpoint(BINANCEUSDM, "market", PUBLIC, 1, no_symbols),
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(BINANCE, "settings", READ, 10, coins),
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(BINANCE, "settings", READ, 1, nothing),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(BINANCE, "settings", READ, 10, nothing),
}
