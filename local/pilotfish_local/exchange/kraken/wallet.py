"""Kraken's balances, what it says of a key, and the token that opens the private socket."""

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.listing import ASSETS

TOKEN_LIFE_S = 900


def balance(exchange: Exchange, call: Call) -> object:
    """POST Balance: what is owned, held by orders or not."""
    owned = call.owner.balances.items()
    return {ASSETS.get(asset, asset): f"{held.total:.10f}" for asset, held in owned}


def balance_ex(exchange: Exchange, call: Call) -> object:
    """POST BalanceEx: what is owned, and how much of that open orders hold."""
    return {
        ASSETS.get(asset, asset): {
            "balance": f"{held.total:.10f}",
            "hold_trade": f"{held.locked:.10f}",
        }
        for asset, held in call.owner.balances.items()
    }


def token(exchange: Exchange, call: Call) -> object:
    """POST GetWebSocketsToken."""
    return {"token": exchange.listen_key(call.owner), "expires": TOKEN_LIFE_S}


def key_info(exchange: Exchange, call: Call) -> object:
    """POST GetApiKeyInfo: what the key may do, and from where."""
    owner = call.owner
    trades = ["modify-trades", "close-trades"] if owner.can_trade else []
    return {
        "api_key_name": owner.name,
        "api_key": owner.key,
        "nonce": call.params["nonce"],
        "nonce_window": "0",
        "permissions": [
            *("query-funds", "query-open-trades", "query-closed-trades"),
            *trades,
            *(["withdraw-funds"] if owner.can_withdraw else []),
        ],
        "iban": "",
        "valid_until": "0",
        "query_from": "0",
        "query_to": "0",
        "created_time": "1698645219",
        "modified_time": "1698645219",
        "ip_allowlist": sorted(owner.allowed_ips or ()),
        "last_used": "1698645219",
    }


WALLET_ENDPOINTS: dict[str, Endpoint] = {
    "Balance": Endpoint(KRAKEN, "balance", READ, 1, balance),
    "BalanceEx": Endpoint(KRAKEN, "balance", READ, 1, balance_ex),
    "GetApiKeyInfo": Endpoint(KRAKEN, "settings", READ, 3, key_info),
    "GetWebSocketsToken": Endpoint(KRAKEN, "stream", READ, 1, token),
}
