"""Kraken's public endpoints: time, assets, pairs and tickers."""

from datetime import UTC, datetime

from pilotfish_local.exchange.api import PUBLIC, Call, Endpoint
from pilotfish_local.exchange.engine.decimals import places, plain
from pilotfish_local.exchange.engine.instruments import KRAKEN, Instrument
from pilotfish_local.exchange.engine.market import DELISTED, TRADING, Market
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.errors import UNKNOWN_PAIR, problem
from pilotfish_local.exchange.kraken.listing import ASSETS, DECIMALS, altname, pair_id

Json = dict[str, object]


def listed(exchange: Exchange) -> list[Market]:
    """The pairs that are not delisted."""
    markets = exchange.engine.markets.items()
    return [m for (venue, _), m in markets if venue == KRAKEN and m.status != DELISTED]


def market_named(exchange: Exchange, name: str) -> Market | None:
    """The pair of an id, an altname or a name of the socket."""
    for market in listed(exchange):
        i = market.instrument
        names = (pair_id(i), i.symbol, f"{altname(i.base)}/{altname(i.quote)}")
        if name in (*names, f"{i.base}/{i.quote}"):
            return market
    return None


def _asked(exchange: Exchange, call: Call) -> list[Market]:
    """The pairs that a request names, or all."""
    names = [name for name in call.params.get("pair", "").split(",") if name]
    found = [market_named(exchange, name) for name in names]
    if None in found:
        raise problem(UNKNOWN_PAIR)
    return [market for market in found if market is not None] or listed(exchange)


def time(exchange: Exchange, call: Call) -> object:
    """GET Time, in whole seconds."""
    seconds = exchange.clock.now_ms(KRAKEN) // 1000
    said = datetime.fromtimestamp(seconds, UTC)
    return {"unixtime": seconds, "rfc1123": said.strftime("%a, %d %b %y %H:%M:%S +0000")}


def status(exchange: Exchange, call: Call) -> object:
    """GET SystemStatus."""
    now = datetime.fromtimestamp(exchange.clock.now_ms(KRAKEN) // 1000, UTC)
    return {"status": "online", "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")}


def assets(exchange: Exchange, call: Call) -> object:
    """GET Assets."""
    return {
        asset: {
            "aclass": "currency",
            "altname": altname(code),
            "decimals": DECIMALS[code],
            "display_decimals": 5,
            "status": "enabled",
        }
        for code, asset in ASSETS.items()
    }


def asset_pairs(exchange: Exchange, call: Call) -> object:
    """GET AssetPairs."""
    return {pair_id(m.instrument): _pair_view(m) for m in _asked(exchange, call)}


def _pair_view(market: Market) -> Json:
    i = market.instrument
    return {
        "altname": i.symbol,
        "wsname": f"{altname(i.base)}/{altname(i.quote)}",
        "aclass_base": "currency",
        "base": ASSETS[i.base],
        "aclass_quote": "currency",
        "quote": ASSETS[i.quote],
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": places(i.tick),
        "lot_decimals": places(i.step),
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, float(i.taker * 100)]],
        "fees_maker": [[0, float(i.maker * 100)]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": plain(i.min_qty),
        "costmin": plain(i.min_notional),
        "tick_size": plain(i.tick),
        "status": "online" if market.status == TRADING else "cancel_only",
    }


def ticker(exchange: Exchange, call: Call) -> object:
    """GET Ticker; volumes are made up."""
    return {pair_id(m.instrument): _ticker_view(m) for m in _asked(exchange, call)}


def _ticker_view(market: Market) -> Json:
    i = market.instrument
    bid, ask, last = (money(i, price) for price in (market.bid, market.ask, market.last))
    low, high = money(i, market.low_24h), money(i, market.high_24h)
    return {
        "a": [ask, "100", "100.000"],
        "b": [bid, "100", "100.000"],
        "c": [last, "1.00000000"],
        "v": ["1000.00000000", "1000.00000000"],
        "p": [last, last],
        "t": [1000, 1000],
        "l": [low, low],
        "h": [high, high],
        "o": money(i, market.open_24h),
    }


def money(i: Instrument, price: object) -> str:
    """A price with the pair's decimals."""
    return f"{price:.{places(i.tick)}f}"


def depth(exchange: Exchange, call: Call) -> object:
    """GET Depth: a made-up book around the best bid and ask."""
    (market,) = _asked(exchange, call)[:1]
    i, count = market.instrument, min(call.integer("count", 20) or 20, 100)
    now = exchange.clock.now_ms(KRAKEN) // 1000
    asks = [[money(i, market.ask + i.tick * n), "100.000", now] for n in range(count)]
    bids = [[money(i, market.bid - i.tick * n), "100.000", now] for n in range(count)]
    return {pair_id(i): {"asks": asks, "bids": bids}}


MARKET_ENDPOINTS: dict[str, Endpoint] = {
    "Time": Endpoint(KRAKEN, "market", PUBLIC, 1, time),
    "SystemStatus": Endpoint(KRAKEN, "market", PUBLIC, 1, status),
    "Assets": Endpoint(KRAKEN, "market", PUBLIC, 1, assets),
    "AssetPairs": Endpoint(KRAKEN, "market", PUBLIC, 1, asset_pairs),
    "Ticker": Endpoint(KRAKEN, "market", PUBLIC, 1, ticker),
    "Depth": Endpoint(KRAKEN, "market", PUBLIC, 1, depth),
}
