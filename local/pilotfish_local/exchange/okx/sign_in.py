"""Who a private socket of OKX's belongs to."""

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.faces import same_signature
from pilotfish_local.exchange.okx.face import right_passphrase, signature_of

LIFE_S = 30
PATH = "GET/users/self/verify"


class NotSignedIn(Exception):
    """Why a login failed, in OKX's code and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def account_of(exchange: Exchange, given: object, address: str) -> Account:
    """The account that signed `GET/users/self/verify` within the last thirty seconds."""
    if not isinstance(given, dict):
        raise NotSignedIn("60009", "Login failed.")
    account = exchange.keys.get(str(given.get("apiKey")))
    if account is None or not account.usable or account.venue != OKX:
        raise NotSignedIn("60032", "API key doesn't exist.")
    stamp = str(given.get("timestamp"))
    if not stamp.isdigit():
        raise NotSignedIn("60004", "Invalid timestamp")
    if abs(exchange.clock.now_ms(OKX) // 1000 - int(stamp)) > LIFE_S:
        raise NotSignedIn("60006", "Timestamp request expired")
    if not right_passphrase(account, str(given.get("passphrase", ""))):
        raise NotSignedIn("60024", "Wrong passphrase")
    if not same_signature(signature_of(account, f"{stamp}{PATH}"), str(given.get("sign"))):
        raise NotSignedIn("60007", "Invalid sign")
    if account.allowed_ips is not None and address not in account.allowed_ips:
        raise NotSignedIn("60009", f"Login failed. IP {address} is not in the whitelist.")
    return account
