"""What Binance lists: symbols with their filters, and the coins of a wallet."""

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.binance.errors import missing
from pilotfish_local.exchange.engine.decimals import fixed, places, plain
from pilotfish_local.exchange.engine.instruments import BINANCE, BINANCEUSDM, Instrument
from pilotfish_local.exchange.engine.market import DELISTED, Market
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.exchange import Exchange

PERPETUAL_DELIVERY_MS = 4133404800000


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
