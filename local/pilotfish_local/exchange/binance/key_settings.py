"""What Binance says of an API key."""

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.engine.instruments import BINANCE
from pilotfish_local.exchange.exchange import Exchange


def restrictions(exchange: Exchange, call: Call) -> object:
    """GET /sapi/v1/account/apiRestrictions; the same key trades spot or futures here."""
    owner = call.owner
    return {
        "ipRestrict": owner.allowed_ips is not None,
        "createTime": 1698645219000,
        "enableReading": True,
        "enableWithdrawals": owner.can_withdraw,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": owner.can_trade,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": True,
        "enableSpotAndMarginTrading": owner.can_trade,
        "enablePortfolioMarginTrading": False,
    }


KEY_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(
        BINANCE, "settings", READ, 1, restrictions
    ),
}
