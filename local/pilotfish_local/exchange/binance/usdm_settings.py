"""Binance USD-M futures: leverage, margin type, position mode, and listen keys."""

from pilotfish_local.exchange.api import KEY, READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.binance.errors import missing, problem
from pilotfish_local.exchange.binance.symbols import listed, one_market
from pilotfish_local.exchange.engine.instruments import BINANCEUSDM
from pilotfish_local.exchange.exchange import Exchange


def brackets(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/leverageBracket: one bracket a symbol."""
    return [
        {
            "symbol": market.instrument.symbol,
            "brackets": [
                {
                    "bracket": 1,
                    "initialLeverage": market.instrument.max_leverage,
                    "notionalCap": 100_000_000,
                    "notionalFloor": 0,
                    "maintMarginRatio": 0.004,
                    "cum": 0.0,
                }
            ],
        }
        for market in listed(exchange, BINANCEUSDM)
    ]


def symbol_config(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/symbolConfig."""
    wanted, owner = call.params.get("symbol"), call.owner
    symbols = [market.instrument.symbol for market in listed(exchange, BINANCEUSDM)]
    return [
        {
            "symbol": symbol,
            "marginType": "ISOLATED" if symbol in owner.isolated else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": owner.leverage_of(symbol),
            "maxNotionalValue": "100000000",
        }
        for symbol in symbols
        if wanted in (None, symbol)
    ]


def set_leverage(exchange: Exchange, call: Call) -> object:
    """POST /fapi/v1/leverage."""
    market = one_market(exchange, BINANCEUSDM, call)
    leverage = call.integer("leverage")
    if leverage is None:
        raise missing("leverage")
    if not 1 <= leverage <= market.instrument.max_leverage:
        raise problem(-4028, f"Leverage {leverage} is not valid")
    call.owner.leverage[market.instrument.symbol] = leverage
    return {
        "symbol": market.instrument.symbol,
        "leverage": leverage,
        "maxNotionalValue": "100000000",
    }


def set_margin_type(exchange: Exchange, call: Call) -> object:
    """POST /fapi/v1/marginType."""
    symbol = one_market(exchange, BINANCEUSDM, call).instrument.symbol
    isolated, owner = call.params.get("marginType") == "ISOLATED", call.owner
    if isolated == (symbol in owner.isolated):
        raise problem(-4046)
    if any(p.amount for p in owner.positions.values() if p.symbol == symbol):
        raise problem(-4048)
    (owner.isolated.add if isolated else owner.isolated.discard)(symbol)
    return {"code": 200, "msg": "success"}


def position_mode(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/positionSide/dual."""
    return {"dualSidePosition": call.owner.hedge}


def set_position_mode(exchange: Exchange, call: Call) -> object:
    """POST /fapi/v1/positionSide/dual: only a flat account without orders may change."""
    owner, hedge = call.owner, call.flag("dualSidePosition")
    if owner.hedge == hedge:
        raise problem(-4059)
    if exchange.engine.book.open_of(owner.name):
        raise problem(-4067)
    if any(position.amount for position in owner.positions.values()):
        raise problem(-4068)
    owner.hedge = hedge
    return {"code": 200, "msg": "success"}


def open_listen_key(exchange: Exchange, call: Call) -> object:
    """POST /fapi/v1/listenKey: the same key as long as it lives."""
    return {"listenKey": exchange.listen_key(call.owner)}


def keep_listen_key(exchange: Exchange, call: Call) -> object:
    """PUT /fapi/v1/listenKey."""
    if call.owner.name not in exchange.listen_keys.values():
        raise problem(-1125)
    return {"listenKey": exchange.listen_key(call.owner)}


def close_listen_key(exchange: Exchange, call: Call) -> object:
    """DELETE /fapi/v1/listenKey."""
    exchange.forget_listen_key(call.owner)
    return {}


V1 = "/fapi/v1"
SETTINGS_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V1}/leverageBracket"): Endpoint(BINANCEUSDM, "settings", READ, 1, brackets),
    ("GET", f"{V1}/symbolConfig"): Endpoint(BINANCEUSDM, "settings", READ, 5, symbol_config),
    ("POST", f"{V1}/leverage"): Endpoint(BINANCEUSDM, "settings", TRADE, 1, set_leverage),
    ("POST", f"{V1}/marginType"): Endpoint(BINANCEUSDM, "settings", TRADE, 1, set_margin_type),
    ("GET", f"{V1}/positionSide/dual"): Endpoint(BINANCEUSDM, "settings", READ, 30, position_mode),
    ("POST", f"{V1}/positionSide/dual"): Endpoint(
        BINANCEUSDM, "settings", TRADE, 1, set_position_mode
    ),
    ("POST", f"{V1}/listenKey"): Endpoint(BINANCEUSDM, "stream", KEY, 1, open_listen_key),
    ("PUT", f"{V1}/listenKey"): Endpoint(BINANCEUSDM, "stream", KEY, 1, keep_listen_key),
    ("DELETE", f"{V1}/listenKey"): Endpoint(BINANCEUSDM, "stream", KEY, 1, close_listen_key),
}
