"""Bybit's positions, leverage and position mode."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.bybit.errors import bad, problem
from pilotfish_local.exchange.bybit.markets import category_of, market_of
from pilotfish_local.exchange.bybit.order_views import POSITION_INDEX
from pilotfish_local.exchange.engine.accounts import Account, Position
from pilotfish_local.exchange.engine.decimals import ZERO, fixed, plain
from pilotfish_local.exchange.engine.instruments import BYBIT, LINEAR
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import listed

Json = dict[str, object]
MAINTENANCE = Decimal("0.005")
MODES = {"0": False, "3": True}


def position_view(
    exchange: Exchange, owner: Account, position: Position, amount: Decimal, entry: Decimal
) -> Json:
    """A position, or an empty one: then its side is empty too."""
    market = exchange.engine.markets[BYBIT, position.symbol]
    leverage, mark = owner.leverage_of(position.symbol), market.last
    value = abs(amount) * entry
    margin = fixed(abs(amount) * mark / leverage)
    updated = str(exchange.clock.to_ms(BYBIT, position.updated_ns)) if position.past else ""
    return {
        "positionIdx": POSITION_INDEX[position.side],
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": market.instrument.wire_name,
        "side": "" if not amount else "Buy" if amount > 0 else "Sell",
        "size": plain(abs(amount)),
        "avgPrice": plain(round(entry, 8)),
        "positionValue": plain(round(value, 8)),
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": str(leverage),
        "markPrice": plain(mark),
        "liqPrice": _liquidation(amount, entry, leverage),
        "bustPrice": "",
        "positionBalance": "",
        "positionIM": margin,
        "positionMM": fixed(abs(amount) * mark * MAINTENANCE),
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "unrealisedPnl": fixed((mark - entry) * amount) if amount else "",
        "curRealisedPnl": plain(round(position.realized - position.commission, 8)),
        "cumRealisedPnl": plain(round(position.realized - position.commission, 8)),
        "tpslMode": "Full",
        "createdTime": updated,
        "updatedTime": updated,
        "seq": len(position.past) or -1,
        "isReduceOnly": False,
        "adlRankIndicator": 2 if amount else 0,
    }


def _liquidation(amount: Decimal, entry: Decimal, leverage: int) -> str:
    """Where a position's own margin would be used up; empty for an empty position."""
    if not amount:
        return ""
    room = Decimal(1) / leverage - MAINTENANCE
    return plain(round(entry * (1 - room if amount > 0 else 1 + room), 2))


def positions(exchange: Exchange, call: Call) -> object:
    """GET /v5/position/list: with a symbol whatever it holds, else what is not flat."""
    category, owner, params = category_of(call), call.owner, call.params
    until = exchange.clock.now_ns() - call.lag_ns
    if params.get("symbol"):
        symbol = market_of(exchange, call).instrument.symbol
        sides = ("LONG", "SHORT") if owner.hedges(symbol) else ("BOTH",)
        held = [owner.positions.get((symbol, side)) or Position(symbol, side) for side in sides]
        found = [(p, *p.as_of(until)) for p in held]
    elif category == LINEAR and not params.get("settleCoin"):
        raise bad("params error: symbol or settleCoin is required")
    else:
        found = [(p, *p.as_of(until)) for p in owner.positions.values()]
        settles = params.get("settleCoin", "USDT")
        found = [row for row in found if row[1] and category == LINEAR and settles == "USDT"]
    views = [position_view(exchange, owner, p, amount, entry) for p, amount, entry in found]
    return {"category": category, "list": views, "nextPageCursor": ""}


def set_leverage(exchange: Exchange, call: Call) -> object:
    """POST /v5/position/set-leverage: both sides alike, as cross margin wants it."""
    i = market_of(exchange, call).instrument
    buy, sell = call.decimal("buyLeverage"), call.decimal("sellLeverage")
    if buy is None or buy != sell or buy != int(buy) or i.is_spot:
        raise bad("params error: leverage invalid")
    if not 1 <= buy <= i.max_leverage:
        raise problem(110013)
    if buy == call.owner.leverage_of(i.symbol):
        raise problem(110043)
    call.owner.leverage[i.symbol] = int(buy)
    return {}


def switch_mode(exchange: Exchange, call: Call) -> object:
    """POST /v5/position/switch-mode: of a symbol, or of all that settle in a coin."""
    hedge = MODES.get(call.params.get("mode", ""))
    if hedge is None or category_of(call) != LINEAR:
        raise bad("params error: mode invalid")
    if call.params.get("symbol"):
        _switch_symbol(exchange, call, hedge)
    elif call.params.get("coin") == "USDT":
        _switch_coin(exchange, call, hedge)
    else:
        raise bad("params error: symbol or coin is required")
    return {}


def _switch_symbol(exchange: Exchange, call: Call, hedge: bool) -> None:
    symbol, owner = market_of(exchange, call).instrument.symbol, call.owner
    if owner.hedges(symbol) == hedge:
        raise problem(110025)
    if _holds(owner, symbol):
        raise problem(110024)
    if _has_orders(exchange, owner, symbol):
        raise problem(110028)
    owner.hedged[symbol] = hedge


def _switch_coin(exchange: Exchange, call: Call, hedge: bool) -> None:
    """Symbols with a position or an open order stay as they are, and no error says so."""
    owner = call.owner
    symbols = [m.instrument.symbol for m in listed(exchange, BYBIT, LINEAR)]
    if owner.hedge == hedge and all(owner.hedges(symbol) == hedge for symbol in symbols):
        raise problem(110025)
    stay = {s for s in symbols if _holds(owner, s) or _has_orders(exchange, owner, s)}
    owner.hedged = {symbol: owner.hedges(symbol) for symbol in stay}
    owner.hedge = hedge


def _holds(owner: Account, symbol: str) -> bool:
    return any(p.amount != ZERO for p in owner.positions.values() if p.symbol == symbol)


def _has_orders(exchange: Exchange, owner: Account, symbol: str) -> bool:
    opened = exchange.engine.book.open_of(owner.name)
    return any(order.instrument.symbol == symbol for order in opened)


V5 = "/v5/position"
POSITION_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V5}/list"): Endpoint(BYBIT, "positions", READ, 1, positions),
    ("POST", f"{V5}/set-leverage"): Endpoint(BYBIT, "settings", TRADE, 1, set_leverage),
    ("POST", f"{V5}/switch-mode"): Endpoint(BYBIT, "settings", TRADE, 1, switch_mode),
}
