"""OKX's positions, leverage and position mode."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.engine.accounts import Account, Position
from pilotfish_local.exchange.engine.decimals import fixed, plain
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.errors import problem
from pilotfish_local.exchange.okx.markets import market_of
from pilotfish_local.exchange.okx.order_views import SIDES

Json = dict[str, object]
MAINTENANCE = Decimal("0.004")
MODES = {"net_mode": False, "long_short_mode": True}


def position_view(
    exchange: Exchange, owner: Account, position: Position, amount: Decimal, entry: Decimal
) -> Json:
    """A position in contracts: signed in net mode, and positive on either side otherwise."""
    market = exchange.engine.markets[OKX, position.symbol]
    leverage, mark, i = owner.leverage_of(position.symbol), market.last, market.instrument
    value = i.notional(abs(amount), mark)
    gain = (mark - entry) * amount * i.contract_value
    margin = value / leverage
    updated = str(exchange.clock.to_ms(OKX, position.updated_ns))
    shown = amount if position.side == "BOTH" else abs(amount)
    return {
        "instType": "SWAP",
        "instId": position.symbol,
        "posId": str(owner.user_id * 1000 + i.product_id + len(position.symbol)),
        "posSide": SIDES[position.side],
        "pos": plain(shown),
        "availPos": plain(abs(amount)) if position.side != "BOTH" else "",
        "avgPx": plain(round(entry, 8)) if amount else "",
        "markPx": plain(mark),
        "last": plain(mark),
        "upl": fixed(gain) if amount else "",
        "uplRatio": fixed(gain / margin) if margin else "",
        "lever": str(leverage),
        "liqPx": _liquidation(amount, entry, leverage),
        "mgnMode": "cross",
        "margin": "",
        "mgnRatio": "",
        "imr": fixed(margin),
        "mmr": fixed(value * MAINTENANCE),
        "notionalUsd": fixed(value),
        "ccy": i.settle,
        "posCcy": "",
        "realizedPnl": plain(round(position.realized - position.commission, 8)),
        "pnl": plain(round(position.realized, 8)),
        "fee": plain(round(-position.commission, 8)),
        "adl": "1",
        "interest": "",
        "tradeId": "",
        "cTime": updated,
        "uTime": updated,
        "pTime": str(exchange.clock.now_ms(OKX)),
    }


def _liquidation(amount: Decimal, entry: Decimal, leverage: int) -> str:
    """Where a position's own margin would be used up; empty for an empty position."""
    if not amount:
        return ""
    room = Decimal(1) / leverage - MAINTENANCE
    return plain(round(entry * (1 - room if amount > 0 else 1 + room), 2))


def positions(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/account/positions: what is not flat."""
    until, owner = exchange.clock.now_ns() - call.lag_ns, call.owner
    wanted = {name for name in call.params.get("instId", "").split(",") if name}
    if call.params.get("instType") not in (None, "", "SWAP"):
        return []
    found = [(p, *p.as_of(until)) for p in owner.positions.values()]
    return [
        position_view(exchange, owner, position, amount, entry)
        for position, amount, entry in found
        if amount and (not wanted or position.symbol in wanted)
    ]


def _leverage_views(owner: Account, symbol: str, mode: str) -> list[Json]:
    sides = ("long", "short") if owner.hedge else ("net",)
    lever = str(owner.leverage_of(symbol))
    return [{"instId": symbol, "mgnMode": mode, "posSide": side, "lever": lever} for side in sides]


def leverage(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/account/leverage-info."""
    symbol = market_of(exchange, call).instrument.symbol
    return _leverage_views(call.owner, symbol, call.params.get("mgnMode", "cross"))


def set_leverage(exchange: Exchange, call: Call) -> object:
    """POST /api/v5/account/set-leverage; setting what is set is no error here."""
    i, wanted = market_of(exchange, call).instrument, call.decimal("lever")
    mode = call.params.get("mgnMode")
    if wanted is None or wanted < 1 or wanted != int(wanted) or i.is_spot:
        raise problem("51000", "lever")
    if mode not in ("cross", "isolated"):
        raise problem("51000", "mgnMode")
    if wanted > i.max_leverage:
        raise problem("59102")
    call.owner.leverage[i.symbol] = int(wanted)
    side = call.params.get("posSide", "net")
    return [{"instId": i.symbol, "lever": plain(wanted), "mgnMode": mode, "posSide": side}]


def set_position_mode(exchange: Exchange, call: Call) -> object:
    """POST /api/v5/account/set-position-mode: only a flat account without orders may change."""
    owner, given = call.owner, call.params.get("posMode", "")
    hedge = MODES.get(given)
    if hedge is None:
        raise problem("51000", "posMode")
    busy = exchange.engine.book.open_of(owner.name) or any(
        position.amount for position in owner.positions.values()
    )
    if busy and hedge != owner.hedge:
        raise problem("59000")
    owner.hedge = hedge
    return [{"posMode": given}]


V5 = "/api/v5/account"
POSITION_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V5}/positions"): Endpoint(OKX, "positions", READ, 1, positions),
    ("GET", f"{V5}/leverage-info"): Endpoint(OKX, "settings", READ, 1, leverage),
    ("POST", f"{V5}/set-leverage"): Endpoint(OKX, "settings", TRADE, 1, set_leverage),
    ("POST", f"{V5}/set-position-mode"): Endpoint(OKX, "settings", TRADE, 1, set_position_mode),
}
