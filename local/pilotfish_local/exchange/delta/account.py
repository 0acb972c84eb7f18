"""Delta's wallet, positions, leverage and profile."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.delta.errors import bad_schema
from pilotfish_local.exchange.delta.products import ASSETS, Json, ok, product
from pilotfish_local.exchange.engine.accounts import Account, Position
from pilotfish_local.exchange.engine.decimals import ZERO, plain
from pilotfish_local.exchange.engine.funds import Margins, margins_of
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.exchange import Exchange


def balances(exchange: Exchange, call: Call) -> object:
    """GET /v2/wallet/balances."""
    return ok([_wallet(exchange, call.owner, asset) for asset in call.owner.balances])


def _wallet(exchange: Exchange, owner: Account, asset: str) -> Json:
    engine = exchange.engine
    margins = Margins(owner.balance(asset).total, ZERO, ZERO, ZERO)
    if asset == "USD":
        margins = margins_of(owner, asset, engine.markets, engine.book)
    available = max(margins.wallet - margins.positions - margins.orders, ZERO)
    return {
        "asset_id": ASSETS[asset],
        "asset_symbol": asset,
        "balance": plain(margins.wallet),
        "available_balance": plain(available),
        "position_margin": plain(margins.positions),
        "order_margin": plain(margins.orders),
        "commission": "0",
        "id": owner.user_id * 10 + ASSETS[asset],
        "user_id": owner.user_id,
    }


def position_view(
    exchange: Exchange, owner: Account, position: Position, amount: Decimal, entry: Decimal
) -> Json:
    """A margined position; its size has the sign of its side."""
    market = exchange.engine.markets[DELTA, position.symbol]
    leverage = owner.leverage_of(position.symbol)
    margin = market.instrument.notional(abs(amount), entry) / leverage
    room = entry / leverage * (1 if amount > 0 else -1)
    return {
        "user_id": owner.user_id,
        "product_id": market.instrument.product_id,
        "product_symbol": position.symbol,
        "size": int(amount),
        "entry_price": plain(round(entry, 8)) if amount else None,
        "margin": plain(round(margin, 8)),
        "liquidation_price": plain(round(entry - room, 2)),
        "bankruptcy_price": plain(round(entry - room, 2)),
        "realized_pnl": plain(position.realized),
        "realized_funding": "0",
        "commission": plain(position.commission),
        "adl_level": 0,
        "margin_mode": "isolated",
        "mark_price": plain(market.last),
        "timestamp": exchange.clock.to_us(DELTA, position.updated_ns),
    }


def positions(exchange: Exchange, call: Call) -> object:
    """GET /v2/positions/margined: the positions that are not flat."""
    until = exchange.clock.now_ns() - call.lag_ns
    found = [(p, *p.as_of(until)) for p in call.owner.positions.values()]
    return ok(
        [
            position_view(exchange, call.owner, position, amount, entry)
            for position, amount, entry in found
            if amount
        ]
    )


def one_position(exchange: Exchange, call: Call) -> object:
    """GET /v2/positions of one product: size and entry price, also when flat."""
    market = product(exchange, call)
    position = call.owner.position(market.instrument.symbol)
    amount, entry = position.as_of(exchange.clock.now_ns() - call.lag_ns)
    view = position_view(exchange, call.owner, position, amount, entry)
    return ok({name: view[name] for name in ("size", "entry_price", "timestamp")})


def _leverage_view(call: Call, product_id: int, symbol: str) -> Json:
    leverage = str(call.owner.leverage_of(symbol))
    return {
        "leverage": leverage,
        "margin_mode": "isolated",
        "order_margin": "0",
        "product_id": product_id,
    }


def leverage(exchange: Exchange, call: Call) -> object:
    """GET /v2/products/{product_id}/orders/leverage."""
    i = product(exchange, call).instrument
    return ok(_leverage_view(call, i.product_id, i.symbol))


def set_leverage(exchange: Exchange, call: Call) -> object:
    """POST /v2/products/{product_id}/orders/leverage."""
    i, wanted = product(exchange, call).instrument, call.integer("leverage")
    if wanted is None or not 1 <= wanted <= i.max_leverage:
        raise bad_schema("leverage out of range", "leverage")
    call.owner.leverage[i.symbol] = wanted
    return ok(_leverage_view(call, i.product_id, i.symbol))


def profile(exchange: Exchange, call: Call) -> object:
    """GET /v2/profile: who the key belongs to."""
    owner = call.owner
    return ok({"id": owner.user_id, "account_name": owner.name, "margin_mode": "isolated"})


def set_margin_mode(exchange: Exchange, call: Call) -> object:
    """PUT /v2/users/margin_mode: accepted, and changes nothing here."""
    mode = call.params.get("margin_mode")
    if mode not in ("isolated", "portfolio", "cross"):
        raise bad_schema("margin_mode", "margin_mode")
    return ok({"margin_mode": mode})


LEVERAGE = "/v2/products/{product_id}/orders/leverage"
ACCOUNT_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v2/wallet/balances"): Endpoint(DELTA, "balance", READ, 3, balances),
    ("GET", "/v2/positions/margined"): Endpoint(DELTA, "positions", READ, 3, positions),
    ("GET", "/v2/positions"): Endpoint(DELTA, "positions", READ, 3, one_position),
    ("GET", LEVERAGE): Endpoint(DELTA, "settings", READ, 1, leverage),
    ("POST", LEVERAGE): Endpoint(DELTA, "settings", TRADE, 1, set_leverage),
    ("GET", "/v2/profile"): Endpoint(DELTA, "settings", READ, 1, profile),
    ("PUT", "/v2/users/margin_mode"): Endpoint(DELTA, "settings", TRADE, 1, set_margin_mode),
}
