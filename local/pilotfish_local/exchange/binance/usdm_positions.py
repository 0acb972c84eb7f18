"""Binance USD-M futures: positions. Version 3 no longer says leverage and margin type."""

from collections.abc import Iterator
from decimal import Decimal

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.engine.accounts import Account, Position
from pilotfish_local.exchange.engine.decimals import fixed, plain
from pilotfish_local.exchange.engine.instruments import BINANCEUSDM
from pilotfish_local.exchange.exchange import Exchange

MAINTENANCE = Decimal("0.004")
Json = dict[str, object]


def position_risk(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v3/positionRisk: the positions that are not flat."""
    return [
        risk_view(exchange, call.owner, position, amount, entry)
        for position, amount, entry in _held(exchange, call)
    ]


def position_risk_v2(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v2/positionRisk: the same with leverage and margin type."""
    return [
        {
            **risk_view(exchange, call.owner, position, amount, entry),
            "leverage": str(call.owner.leverage_of(position.symbol)),
            "marginType": "isolated" if position.symbol in call.owner.isolated else "cross",
        }
        for position, amount, entry in _held(exchange, call)
    ]


def _held(exchange: Exchange, call: Call) -> Iterator[tuple[Position, Decimal, Decimal]]:
    until = exchange.clock.now_ns() - call.lag_ns
    wanted = call.params.get("symbol")
    for position in call.owner.positions.values():
        amount, entry = position.as_of(until)
        if amount and wanted in (None, position.symbol):
            yield position, amount, entry


def account_position(exchange: Exchange, owner: Account, position: Position) -> Json:
    """A position as /fapi/v3/account lists it."""
    view = risk_view(exchange, owner, position, position.amount, position.entry)
    kept = ("symbol", "positionSide", "positionAmt", "isolatedMargin", "isolatedWallet")
    moving = ("notional", "initialMargin", "maintMargin", "updateTime")
    return {
        **{name: view[name] for name in kept + moving},
        "unrealizedProfit": view["unRealizedProfit"],
    }


def account_position_v2(exchange: Exchange, owner: Account, position: Position) -> Json:
    """A position as /fapi/v2/account lists it."""
    return {
        **account_position(exchange, owner, position),
        "entryPrice": plain(round(position.entry, 8)),
        "leverage": str(owner.leverage_of(position.symbol)),
        "isolated": position.symbol in owner.isolated,
    }


def risk_view(
    exchange: Exchange, owner: Account, position: Position, amount: Decimal, entry: Decimal
) -> Json:
    """A position with its margins at the mark price."""
    mark = exchange.engine.markets[BINANCEUSDM, position.symbol].last
    leverage = owner.leverage_of(position.symbol)
    notional = amount * mark
    margin = fixed(abs(notional) / leverage)
    isolated = margin if position.symbol in owner.isolated else "0"
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": plain(amount),
        "entryPrice": plain(round(entry, 8)),
        "breakEvenPrice": plain(round(entry, 8)),
        "markPrice": fixed(mark),
        "unRealizedProfit": fixed((mark - entry) * amount),
        "liquidationPrice": plain(_liquidation(entry, leverage, amount)),
        "isolatedMargin": isolated,
        "isolatedWallet": isolated,
        "notional": plain(notional),
        "marginAsset": "USDT",
        "initialMargin": margin,
        "maintMargin": fixed(abs(notional) * MAINTENANCE),
        "positionInitialMargin": margin,
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": exchange.clock.to_ms(BINANCEUSDM, position.updated_ns),
    }


def _liquidation(entry: Decimal, leverage: int, amount: Decimal) -> Decimal:
    """Where a position's own margin would be used up; the wallet behind it is left out."""
    room = Decimal(1) / leverage - MAINTENANCE
    return round(entry * (1 - room if amount > 0 else 1 + room), 2)


POSITION_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/fapi/v3/positionRisk"): Endpoint(BINANCEUSDM, "positions", READ, 5, position_risk),
    ("GET", "/fapi/v2/positionRisk"): Endpoint(BINANCEUSDM, "positions", READ, 5, position_risk_v2),
}
