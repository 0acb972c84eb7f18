"""Binance USD-M futures: what an account owns, and how much of it is margin."""

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.binance.usdm_positions import (
    MAINTENANCE,
    account_position,
    account_position_v2,
)
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import ZERO, fixed
from pilotfish_local.exchange.engine.funds import Margins, margins_of
from pilotfish_local.exchange.engine.instruments import BINANCEUSDM
from pilotfish_local.exchange.exchange import Exchange

Json = dict[str, object]
SETTLES = "USDT"


def account(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v3/account."""
    positions = call.owner.positions.values()
    return {
        **_account(exchange, call.owner),
        "positions": [account_position(exchange, call.owner, p) for p in positions],
    }


def account_v2(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v2/account."""
    positions = call.owner.positions.values()
    return {
        **_account(exchange, call.owner),
        "canTrade": call.owner.can_trade,
        "multiAssetsMargin": False,
        "positions": [account_position_v2(exchange, call.owner, p) for p in positions],
    }


def balances(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v3/balance (and v2)."""
    owner = call.owner
    return [
        {**_asset(exchange, owner, asset), "accountAlias": owner.name, "balance": fixed(held.total)}
        for asset, held in owner.balances.items()
    ]


def _account(exchange: Exchange, owner: Account) -> Json:
    margins = margins_of(owner, SETTLES, exchange.engine.markets, exchange.engine.book)
    view = _margins_view(margins)
    return {
        **{f"total{name[0].upper()}{name[1:]}": value for name, value in view.items()},
        "availableBalance": fixed(margins.usable),
        "maxWithdrawAmount": fixed(margins.usable),
        "assets": [_asset(exchange, owner, asset) for asset in owner.balances],
    }


def _asset(exchange: Exchange, owner: Account, asset: str) -> Json:
    margins = Margins(owner.balance(asset).total, ZERO, ZERO, ZERO)
    if asset == SETTLES:
        margins = margins_of(owner, asset, exchange.engine.markets, exchange.engine.book)
    return {
        "asset": asset,
        **_margins_view(margins),
        "availableBalance": fixed(margins.usable),
        "maxWithdrawAmount": fixed(margins.usable),
        "updateTime": exchange.clock.now_ms(BINANCEUSDM),
    }


def _margins_view(margins: Margins) -> Json:
    return {
        "walletBalance": fixed(margins.wallet),
        "unrealizedProfit": fixed(margins.gain),
        "marginBalance": fixed(margins.wallet + margins.gain),
        "maintMargin": fixed(margins.positions * MAINTENANCE),
        "initialMargin": fixed(margins.positions + margins.orders),
        "positionInitialMargin": fixed(margins.positions),
        "openOrderInitialMargin": fixed(margins.orders),
        "crossWalletBalance": fixed(margins.wallet),
        "crossUnPnl": fixed(margins.gain),
    }


WALLET_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/fapi/v3/account"): Endpoint(BINANCEUSDM, "balance", READ, 5, account),
    ("GET", "/fapi/v2/account"): Endpoint(BINANCEUSDM, "balance", READ, 5, account_v2),
    ("GET", "/fapi/v3/balance"): Endpoint(BINANCEUSDM, "balance", READ, 5, balances),
    ("GET", "/fapi/v2/balance"): Endpoint(BINANCEUSDM, "balance", READ, 5, balances),
}
