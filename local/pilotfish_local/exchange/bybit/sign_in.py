"""Who a private socket of Bybit's belongs to."""

import hmac

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.faces import same_signature


class NotSignedIn(Exception):
    """Why a socket stays anonymous; what it says is the answer's ret_msg."""


def account_of(exchange: Exchange, args: list[str], address: str) -> Account:
    """The account that signed `GET/realtime` and the moment until which that holds."""
    if len(args) != 3:
        raise NotSignedIn("Params Error")
    key, expires, signature = args
    account = exchange.keys.get(key)
    if account is None or not account.enabled or account.venue != BYBIT:
        raise NotSignedIn("API key is invalid.")
    if account.expired:
        raise NotSignedIn("Your api key has expired.")
    if not expires.isdigit() or int(expires) <= exchange.clock.now_ms(BYBIT):
        raise NotSignedIn("Request expired")
    expected = hmac.digest(account.secret, f"GET/realtime{expires}".encode(), "sha256").hex()
    if not same_signature(expected, signature):
        raise NotSignedIn("Error sign, please check your signature generation algorithm.")
    if account.allowed_ips is not None and address not in account.allowed_ips:
        raise NotSignedIn("Unmatched IP, please check your API key's bound IP addresses.")
    return account
