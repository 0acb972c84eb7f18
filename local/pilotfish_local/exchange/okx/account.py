"""OKX's trading account: what it owns, and what it and its key are."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import fixed
from pilotfish_local.exchange.engine.funds import Margins, margins_of
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.positions import MAINTENANCE

Json = dict[str, object]
COINS = {"USDT": "Tether", "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "DOGE": "Doge"}
FUTURES_MODE = "2"


def balance_view(exchange: Exchange, owner: Account, assets: set[str]) -> Json:
    """The account with its currencies, or with some of them."""
    now = str(exchange.clock.now_ms(OKX))
    details = [
        _currency_view(exchange, owner, asset, now)
        for asset in owner.balances
        if not assets or asset in assets
    ]
    margins = _margins(exchange, owner, "USDT")
    return {
        "adjEq": "",
        "details": details,
        "imr": "",
        "isoEq": "0",
        "mgnRatio": "",
        "mmr": "",
        "notionalUsd": "",
        "ordFroz": "",
        "totalEq": fixed(margins.wallet + margins.gain),
        "uTime": now,
    }


def _margins(exchange: Exchange, owner: Account, asset: str) -> Margins:
    return margins_of(owner, asset, exchange.engine.markets, exchange.engine.book)


def _currency_view(exchange: Exchange, owner: Account, asset: str, now: str) -> Json:
    margins = _margins(exchange, owner, asset)
    equity = margins.wallet + margins.gain
    used = margins.positions + margins.orders + margins.locked
    market = exchange.engine.markets.get((OKX, f"{asset}-USDT"))
    return {
        "ccy": asset,
        "cashBal": fixed(margins.wallet),
        "eq": fixed(equity),
        "eqUsd": fixed(equity * (market.last if market else Decimal(1))),
        "availBal": fixed(margins.usable),
        "availEq": fixed(margins.usable),
        "frozenBal": fixed(used),
        "ordFrozen": fixed(margins.orders + margins.locked),
        "upl": fixed(margins.gain),
        "imr": fixed(margins.positions),
        "mmr": fixed(margins.positions * MAINTENANCE),
        "isoEq": "0",
        "liab": "",
        "interest": "",
        "uTime": now,
    }


def balance(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/account/balance."""
    assets = {asset for asset in call.params.get("ccy", "").split(",") if asset}
    return [balance_view(exchange, call.owner, assets)]


def config(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/account/config: the position mode, and what the key may do."""
    owner = call.owner
    scopes = ["read_only"]
    scopes += ["withdraw"] if owner.can_withdraw else []
    scopes += ["trade"] if owner.can_trade else []
    return [
        {
            "uid": str(owner.user_id),
            "mainUid": str(owner.user_id),
            "acctLv": FUTURES_MODE,
            "acctStpMode": "cancel_maker",
            "posMode": "long_short_mode" if owner.hedge else "net_mode",
            "autoLoan": False,
            "greeksType": "PA",
            "level": "Lv1",
            "levelTmp": "",
            "ctIsoMode": "automatic",
            "mgnIsoMode": "automatic",
            "label": owner.name,
            "roleType": "0",
            "perm": ",".join(scopes),
            "ip": ",".join(sorted(owner.allowed_ips or ())),
            "kycLv": "3",
            "type": "0",
        }
    ]


def currencies(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/asset/currencies: what ccxt calls currencies, one chain each."""
    return [
        {
            "ccy": coin,
            "name": name,
            "chain": f"{coin}-{name}",
            "canDep": True,
            "canWd": True,
            "canInternal": True,
            "mainNet": True,
            "fee": "0",
            "minWd": "0",
            "maxWd": "1000000",
            "wdTickSz": "8",
        }
        for coin, name in COINS.items()
    ]


V5 = "/api/v5"
ACCOUNT_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V5}/account/balance"): Endpoint(OKX, "balance", READ, 1, balance),
    ("GET", f"{V5}/account/config"): Endpoint(OKX, "settings", READ, 1, config),
    ("GET", f"{V5}/asset/currencies"): Endpoint(OKX, "settings", READ, 1, currencies),
}
