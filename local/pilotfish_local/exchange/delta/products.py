"""Delta's public endpoints: products, assets, tickers, the book, and the server's time."""

from pilotfish_local.exchange.api import PUBLIC, Call, Endpoint
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import DELTA, Instrument
from pilotfish_local.exchange.engine.market import DELISTED, TRADING, Market
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.exchange import Exchange

ASSETS = {"USD": 14, "BTC": 2, "ETH": 3, "SOL": 66}
PRECISION = {"USD": 8, "BTC": 8, "ETH": 8, "SOL": 8}
DEPTH_LEVELS = 20

Json = dict[str, object]


def ok(result: object, **more: object) -> Json:
    """A successful answer."""
    return {"success": True, "result": result, **more}


def listed(exchange: Exchange) -> list[Market]:
    """The contracts that are not delisted."""
    markets = exchange.engine.markets.items()
    return [m for (venue, _), m in markets if venue == DELTA and m.status != DELISTED]


def product(exchange: Exchange, call: Call) -> Market:
    """The contract that a request names by product_id or symbol."""
    wanted = (call.params.get("product_id"), call.params.get("product_symbol"))
    symbol = wanted[1] or call.params.get("symbol")
    for market in listed(exchange):
        i = market.instrument
        if str(i.product_id) == wanted[0] or (wanted[0] is None and i.symbol == symbol):
            return market
    raise Refused(Reason.UNKNOWN_SYMBOL, str(wanted[0] or symbol))


def asset_view(symbol: str) -> Json:
    """An asset as products refer to it."""
    return {
        "id": ASSETS[symbol],
        "symbol": symbol,
        "name": symbol,
        "precision": PRECISION[symbol],
        "minimum_precision": 2,
        "deposit_status": "enabled",
        "withdrawal_status": "enabled",
        "base_withdrawal_fee": "0",
        "min_withdrawal_amount": "0",
        "networks": [],
    }


def product_view(market: Market) -> Json:
    """A perpetual contract as /v2/products lists it."""
    i = market.instrument
    operational = market.status == TRADING
    return {
        "id": i.product_id,
        "symbol": i.symbol,
        "description": f"{i.base} perpetual",
        "contract_type": "perpetual_futures",
        "notional_type": "vanilla",
        "contract_value": plain(i.contract_value),
        "contract_unit_currency": i.base,
        "quoting_asset": asset_view(i.quote),
        "settling_asset": asset_view(i.settle),
        "underlying_asset": asset_view(i.base),
        "tick_size": plain(i.tick),
        "position_size_limit": int(i.max_qty),
        "taker_commission_rate": plain(i.taker),
        "maker_commission_rate": plain(i.maker),
        "default_leverage": "20",
        "initial_margin": "1",
        "maintenance_margin": "0.5",
        "state": "live",
        "trading_status": "operational" if operational else "disrupted_cancel_only",
        "launch_time": "2023-12-18T13:10:39Z",
        "settlement_time": None,
        "strike_price": None,
        "product_specs": {},
    }


def brief_product(i: Instrument) -> Json:
    """A contract as fills refer to it."""
    return {
        "id": i.product_id,
        "symbol": i.symbol,
        "contract_type": "perpetual_futures",
        "contract_value": plain(i.contract_value),
        "contract_unit_currency": i.base,
        "notional_type": "vanilla",
        "tick_size": plain(i.tick),
        "quoting_asset": {"symbol": i.quote, "precision": PRECISION[i.quote]},
        "settling_asset": {"symbol": i.settle, "precision": PRECISION[i.settle]},
        "underlying_asset": {"symbol": i.base, "precision": PRECISION[i.base]},
    }


def ticker_view(exchange: Exchange, market: Market) -> Json:
    """24-hour statistics; sizes are made up."""
    i, price = market.instrument, float(market.last)
    return {
        "symbol": i.symbol,
        "product_id": i.product_id,
        "contract_type": "perpetual_futures",
        "open": float(market.open_24h),
        "high": float(market.high_24h),
        "low": float(market.low_24h),
        "close": price,
        "mark_price": plain(market.last),
        "spot_price": plain(market.last),
        "quotes": {
            "best_bid": plain(market.bid),
            "bid_size": "1000",
            "best_ask": plain(market.ask),
            "ask_size": "1000",
        },
        "size": 1000,
        "volume": 1000.0,
        "turnover": price,
        "turnover_symbol": i.quote,
        "turnover_usd": price,
        "timestamp": exchange.clock.to_us(DELTA, exchange.clock.now_ns()),
    }


def depth(exchange: Exchange, call: Call) -> object:
    """GET /v2/l2orderbook/{symbol}: a made-up book around the best bid and ask."""
    market = product(exchange, call)
    tick = market.instrument.tick
    levels = range(min(call.integer("depth", DEPTH_LEVELS) or DEPTH_LEVELS, DEPTH_LEVELS))
    return ok(
        {
            "symbol": market.instrument.symbol,
            "buy": [{"price": plain(market.bid - tick * n), "size": 1000} for n in levels],
            "sell": [{"price": plain(market.ask + tick * n), "size": 1000} for n in levels],
        }
    )


def settings(exchange: Exchange, call: Call) -> object:
    """GET /v2/settings: where ccxt reads the server's time."""
    now = exchange.clock.to_us(DELTA, exchange.clock.now_ns())
    return ok({"server_time": now, "under_maintenance": "false"})


def products(exchange: Exchange, call: Call) -> object:
    """GET /v2/products."""
    found = [product_view(market) for market in listed(exchange)]
    meta = {"after": None, "before": None, "limit": 100, "total_count": len(found)}
    return ok(found, meta=meta)


PRODUCT_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v2/settings"): Endpoint(DELTA, "market", PUBLIC, 1, settings),
    ("GET", "/v2/assets"): Endpoint(
        DELTA, "market", PUBLIC, 1, lambda e, c: ok([asset_view(symbol) for symbol in ASSETS])
    ),
    ("GET", "/v2/products"): Endpoint(DELTA, "market", PUBLIC, 3, products),
    ("GET", "/v2/products/{symbol}"): Endpoint(
        DELTA, "market", PUBLIC, 3, lambda e, c: ok(product_view(product(e, c)))
    ),
    ("GET", "/v2/tickers"): Endpoint(
        DELTA, "market", PUBLIC, 3, lambda e, c: ok([ticker_view(e, m) for m in listed(e)])
    ),
    ("GET", "/v2/tickers/{symbol}"): Endpoint(
        DELTA, "market", PUBLIC, 3, lambda e, c: ok(ticker_view(e, product(e, c)))
    ),
    ("GET", "/v2/l2orderbook/{symbol}"): Endpoint(DELTA, "market", PUBLIC, 3, depth),
}
