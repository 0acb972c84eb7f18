"""Who a socket of Delta's belongs to: `key-auth`, and the older `auth` that Delta Global documents.

The answers are those of Delta's documentation of WebSockets, "Authenticating".
"""

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.delta.face import check_signature
from pilotfish_local.exchange.delta.products import Json
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.exchange import Exchange

KINDS = ("key-auth", "auth")
NEEDED = ("api-key", "signature", "timestamp")
ACCEPTED: dict[str, Json] = {
    "key-auth": {
        "type": "key-auth",
        "success": True,
        "status_code": 200,
        "status": "authenticated",
    },
    "auth": {"type": "success", "message": "Authenticated"},
}


class NotSignedIn(Exception):
    """Why a socket stays anonymous, in Delta's code, name and words."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message

    def answer(self, kind: str) -> Json:
        """What the client is told; the older kind has no code."""
        if kind == "auth":
            return {"type": "error", "message": self.message}
        words = {"status_code": self.code, "status": self.status, "message": self.message}
        return {"type": kind, "success": False, **words}


def account_of(exchange: Exchange, payload: object, address: str) -> Account:
    """The account that signed, or NotSignedIn."""
    if not isinstance(payload, dict) or not all(payload.get(name) for name in NEEDED):
        raise NotSignedIn(400, "incomplete_payload", "Incomplete payload")
    account = exchange.keys.get(str(payload["api-key"]))
    if account is None or not account.enabled or account.venue != DELTA:
        raise NotSignedIn(404, "api_key_not_found", "ApiKey not found")
    if account.allowed_ips is not None and address not in account.allowed_ips:
        words = f"IP address not whitelisted. Your IP: {address}"
        raise NotSignedIn(401, "ip_not_whitelisted", words)
    stamp, signature = str(payload["timestamp"]), str(payload["signature"])
    try:
        check_signature(exchange, account, "GET", stamp, "/live", signature)
    except Problem as problem:
        if problem.code == "expired_signature":
            words = "Timestamp header outside of allowed time window"
            raise NotSignedIn(408, "request_expired", words) from None
        raise NotSignedIn(401, "invalid_signature", "Invalid Signature") from None
    return account
