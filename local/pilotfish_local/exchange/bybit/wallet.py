"""Bybit's unified wallet, and what a key and its account are."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.bybit.errors import bad
from pilotfish_local.exchange.bybit.positions import MAINTENANCE
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import ZERO, fixed
from pilotfish_local.exchange.engine.funds import Margins, margins_of
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.exchange import Exchange

Json = dict[str, object]
COINS = {"USDT": "Tether", "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "DOGE": "Doge"}
UNIFIED_2_PRO = 6


def wallet_view(exchange: Exchange, owner: Account) -> Json:
    """The whole account; only USDT is margin here, and other coins are not lent against."""
    margins = {asset: _margins(exchange, owner, asset) for asset in owner.balances}
    usdt = margins.get("USDT") or Margins(ZERO, ZERO, ZERO, ZERO)
    equity = usdt.wallet + usdt.gain
    used = usdt.positions + usdt.orders
    return {
        "accountType": "UNIFIED",
        "accountLTV": "",
        "accountIMRate": fixed(used / equity) if equity > 0 else "0",
        "accountMMRate": fixed(usdt.positions * MAINTENANCE / equity) if equity > 0 else "0",
        "totalEquity": fixed(equity),
        "totalWalletBalance": fixed(usdt.wallet),
        "totalMarginBalance": fixed(equity),
        "totalAvailableBalance": fixed(usdt.usable),
        "totalPerpUPL": fixed(usdt.gain),
        "totalInitialMargin": fixed(used),
        "totalMaintenanceMargin": fixed(usdt.positions * MAINTENANCE),
        "coin": [_coin_view(exchange, asset, margins[asset]) for asset in owner.balances],
    }


def _margins(exchange: Exchange, owner: Account, asset: str) -> Margins:
    return margins_of(owner, asset, exchange.engine.markets, exchange.engine.book)


def _coin_view(exchange: Exchange, asset: str, margins: Margins) -> Json:
    return {
        "coin": asset,
        "equity": fixed(margins.wallet + margins.gain),
        "usdValue": fixed((margins.wallet + margins.gain) * _usd(exchange, asset)),
        "walletBalance": fixed(margins.wallet),
        "locked": fixed(margins.locked),
        "borrowAmount": "0",
        "accruedInterest": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "totalOrderIM": fixed(margins.orders),
        "totalPositionIM": fixed(margins.positions),
        "totalPositionMM": fixed(margins.positions * MAINTENANCE),
        "unrealisedPnl": fixed(margins.gain),
        "cumRealisedPnl": "0",
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
    }


def _usd(exchange: Exchange, asset: str) -> Decimal:
    market = exchange.engine.markets.get((BYBIT, f"{asset}USDT"))
    return market.last if market is not None else Decimal(1)


def wallet_balance(exchange: Exchange, call: Call) -> object:
    """GET /v5/account/wallet-balance: of the unified account, the only one there is."""
    if call.params.get("accountType") != "UNIFIED":
        raise bad("accountType only support UNIFIED.")
    return {"list": [wallet_view(exchange, call.owner)]}


def account_info(exchange: Exchange, call: Call) -> object:
    """GET /v5/account/info."""
    return {
        "unifiedMarginStatus": UNIFIED_2_PRO,
        "marginMode": "REGULAR_MARGIN",
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
        "updatedTime": "1697078946000",
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
    }


def api_key(exchange: Exchange, call: Call) -> object:
    """GET /v5/user/query-api: what the key may do, and from where.

    A key that only reads names the same scopes as one that trades: readOnly tells them apart.
    """
    owner = call.owner
    reads_only = not (owner.can_trade or owner.can_withdraw)
    trades = owner.can_trade or reads_only
    return {
        "id": str(owner.user_id),
        "note": owner.name,
        "apiKey": owner.key,
        "readOnly": int(reads_only),
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if trades else [],
            "Spot": ["SpotTrade"] if trades else [],
            "Wallet": ["AccountTransfer", "Withdraw"] if owner.can_withdraw else [],
            "Options": [],
            "Derivatives": ["DerivativesTrade"] if trades else [],
            "Exchange": [],
            "Earn": [],
            "CopyTrading": [],
            "BlockTrade": [],
            "NFT": [],
            "Affiliate": [],
        },
        "ips": sorted(owner.allowed_ips) if owner.allowed_ips is not None else ["*"],
        "type": 1,
        "deadlineDay": 83,
        "expiredAt": "2100-01-01T00:00:00Z",
        "createdAt": "2024-01-01T00:00:00Z",
        "unified": 0,
        "uta": 1,
        "userID": owner.user_id,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
    }


def coins(exchange: Exchange, call: Call) -> object:
    """GET /v5/asset/coin/query-info: what ccxt calls currencies."""
    rows = [
        {"name": name, "coin": coin, "remainAmount": "1000000", "chains": []}
        for coin, name in COINS.items()
    ]
    return {"rows": rows}


WALLET_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v5/account/wallet-balance"): Endpoint(BYBIT, "balance", READ, 1, wallet_balance),
    ("GET", "/v5/account/info"): Endpoint(BYBIT, "settings", READ, 1, account_info),
    ("GET", "/v5/user/query-api"): Endpoint(BYBIT, "settings", READ, 1, api_key),
    ("GET", "/v5/asset/coin/query-info"): Endpoint(BYBIT, "settings", READ, 1, coins),
}
