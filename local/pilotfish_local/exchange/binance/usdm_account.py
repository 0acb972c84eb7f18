"""Binance USD-M futures: balances, positions, leverage, modes and listen keys."""

from decimal import Decimal

from pilotfish_local.exchange.api import KEY, READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.binance.errors import missing, problem
from pilotfish_local.exchange.binance.symbols import listed, one_market
from pilotfish_local.exchange.engine import funds
from pilotfish_local.exchange.engine.accounts import Account, Position
from pilotfish_local.exchange.engine.decimals import ZERO, fixed, plain
from pilotfish_local.exchange.engine.instruments import BINANCEUSDM
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.exchange import Exchange

MAINTENANCE = Decimal("0.004")


def account(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v3/account (and v2)."""
    owner, engine = call.owner, exchange.engine
    gain = funds.unrealized(owner, engine.markets)
    held = funds.position_margin(owner, engine.markets)
    ordered = funds.order_margin(owner, engine.book)
    wallet = owner.balance("USDT").total
    free = wallet + gain - held - ordered
    assets = [_asset(exchange, owner, asset) for asset in owner.balances]
    return {
        "feeTier": 0,
        "canTrade": owner.can_trade,
        "canDeposit": True,
        "canWithdraw": False,
        "multiAssetsMargin": False,
        "updateTime": 0,
        "totalInitialMargin": fixed(held + ordered),
        "totalMaintMargin": fixed(held * MAINTENANCE),
        "totalWalletBalance": fixed(wallet),
        "totalUnrealizedProfit": fixed(gain),
        "totalMarginBalance": fixed(wallet + gain),
        "totalPositionInitialMargin": fixed(held),
        "totalOpenOrderInitialMargin": fixed(ordered),
        "totalCrossWalletBalance": fixed(wallet),
        "totalCrossUnPnl": fixed(gain),
        "availableBalance": fixed(max(free, ZERO)),
        "maxWithdrawAmount": fixed(max(free, ZERO)),
        "assets": assets,
        "positions": [_account_position(exchange, owner, p) for p in owner.positions.values()],
    }


def _asset(exchange: Exchange, owner: Account, asset: str) -> dict[str, object]:
    engine = exchange.engine
    wallet = owner.balance(asset).total
    gain = funds.unrealized(owner, engine.markets) if asset == "USDT" else ZERO
    held = funds.position_margin(owner, engine.markets) if asset == "USDT" else ZERO
    ordered = funds.order_margin(owner, engine.book) if asset == "USDT" else ZERO
    free = max(wallet + gain - held - ordered, ZERO)
    return {
        "asset": asset,
        "walletBalance": fixed(wallet),
        "unrealizedProfit": fixed(gain),
        "marginBalance": fixed(wallet + gain),
        "maintMargin": fixed(held * MAINTENANCE),
        "initialMargin": fixed(held + ordered),
        "positionInitialMargin": fixed(held),
        "openOrderInitialMargin": fixed(ordered),
        "crossWalletBalance": fixed(wallet),
        "crossUnPnl": fixed(gain),
        "availableBalance": fixed(free),
        "maxWithdrawAmount": fixed(free),
        "marginAvailable": True,
        "updateTime": exchange.clock.now_ms(BINANCEUSDM),
    }


def balances(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v3/balance (and v2)."""
    return [
        {
            **_asset(exchange, call.owner, asset),
            "accountAlias": call.owner.name,
            "balance": fixed(held.total),
        }
        for asset, held in call.owner.balances.items()
    ]


def _account_position(exchange: Exchange, owner: Account, p: Position) -> dict[str, object]:
    market = exchange.engine.markets[BINANCEUSDM, p.symbol]
    return _position_view(exchange, owner, p, market, p.amount, p.entry)


def _position_view(
    exchange: Exchange,
    owner: Account,
    position: Position,
    market: Market,
    amount: Decimal,
    entry: Decimal,
) -> dict[str, object]:
    mark = market.last
    leverage = owner.leverage_of(position.symbol)
    notional = amount * mark
    margin = abs(notional) / leverage
    isolated = position.symbol in owner.isolated
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": plain(amount),
        "entryPrice": plain(entry.quantize(Decimal("0.00000001"))),
        "breakEvenPrice": plain(entry.quantize(Decimal("0.00000001"))),
        "markPrice": fixed(mark),
        "unRealizedProfit": fixed((mark - entry) * amount),
        "unrealizedProfit": fixed((mark - entry) * amount),
        "liquidationPrice": plain(_liquidation(entry, leverage, amount)),
        "leverage": str(leverage),
        "isolated": isolated,
        "marginType": "isolated" if isolated else "cross",
        "isolatedMargin": fixed(margin) if isolated else "0",
        "isolatedWallet": fixed(margin) if isolated else "0",
        "notional": plain(notional),
        "marginAsset": "USDT",
        "initialMargin": fixed(margin),
        "maintMargin": fixed(abs(notional) * MAINTENANCE),
        "positionInitialMargin": fixed(margin),
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": exchange.clock.to_ms(BINANCEUSDM, position.updated_ns),
    }


def _liquidation(entry: Decimal, leverage: int, amount: Decimal) -> Decimal:
    """Where a position's own margin would be used up; the wallet behind it is left out."""
    room = Decimal(1) / leverage - MAINTENANCE
    price = entry * (1 - room if amount > 0 else 1 + room)
    return price.quantize(Decimal("0.01"))


def position_risk(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v3/positionRisk (and v2): the positions that are not flat."""
    owner = call.owner
    until = exchange.clock.now_ns() - call.lag_ns
    wanted = call.params.get("symbol")
    views = []
    for position in owner.positions.values():
        amount, entry = position.as_of(until)
        if amount and wanted in (None, position.symbol):
            market = exchange.engine.markets[BINANCEUSDM, position.symbol]
            views.append(_position_view(exchange, owner, position, market, amount, entry))
    return views


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
ACCOUNT_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/fapi/v3/account"): Endpoint(BINANCEUSDM, "balance", READ, 5, account),
    ("GET", "/fapi/v2/account"): Endpoint(BINANCEUSDM, "balance", READ, 5, account),
    ("GET", "/fapi/v3/balance"): Endpoint(BINANCEUSDM, "balance", READ, 5, balances),
    ("GET", "/fapi/v2/balance"): Endpoint(BINANCEUSDM, "balance", READ, 5, balances),
    ("GET", "/fapi/v3/positionRisk"): Endpoint(BINANCEUSDM, "positions", READ, 5, position_risk),
    ("GET", "/fapi/v2/positionRisk"): Endpoint(BINANCEUSDM, "positions", READ, 5, position_risk),
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
