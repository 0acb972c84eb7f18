"""Kraken over REST: finds the endpoint, checks limits, key, signature and nonce, and answers."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from hashlib import sha256

from pilotfish_local.exchange.api import (
    PUBLIC,
    TRADE,
    Call,
    Endpoint,
    Problem,
    Reply,
    read_form,
    read_json,
)
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken import errors
from pilotfish_local.exchange.kraken.history import HISTORY_ENDPOINTS
from pilotfish_local.exchange.kraken.markets import MARKET_ENDPOINTS, market_named
from pilotfish_local.exchange.kraken.trading import TRADING_ENDPOINTS
from pilotfish_local.exchange.kraken.wallet import WALLET_ENDPOINTS
from pilotfish_local.exchange.limits import Limited

ENDPOINTS: dict[str, Endpoint] = {
    **{f"/0/public/{name}": endpoint for name, endpoint in MARKET_ENDPOINTS.items()},
    **{
        f"/0/private/{name}": endpoint
        for table in (TRADING_ENDPOINTS, HISTORY_ENDPOINTS, WALLET_ENDPOINTS)
        for name, endpoint in table.items()
    },
}


class KrakenFace:
    """One venue; a private request is a form with a nonce that only ever grows for its key."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._nonces: dict[str, int] = {}

    def find(self, call: Call) -> Endpoint | None:
        """The endpoint of a path; private ones take POST alone."""
        endpoint = ENDPOINTS.get(call.path)
        if endpoint is not None and endpoint.access != PUBLIC and call.method != "POST":
            return None
        return endpoint

    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""
        return call.headers.get("API-Key", "")

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """The altname of the pair that an order names."""
        market = market_named(self._exchange, params.get("pair", ""))
        return market.instrument.symbol if market else params.get("pair", "")

    def answer(self, endpoint: Endpoint, call: Call) -> Reply:
        """The reply of an endpoint, or the error; both are HTTP 200."""
        try:
            self._charge(endpoint, call)
            self._authorize(endpoint, call)
            return Reply({"error": [], "result": endpoint.handle(self._exchange, call)})
        except Refused as refused:
            return self.error(endpoint, errors.as_problem(refused))
        except Limited as limited:
            return self.error(endpoint, errors.over_limit(limited))
        except Problem as problem:
            return self.error(endpoint, problem)

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error as {"error": [...]}; an outage keeps its HTTP status."""
        words = problem.message or str(problem.code or "")
        if problem.code is None:
            known = errors.OUTAGES.get(problem.status, errors.OUTAGE)
            words = errors.UNKNOWN_METHOD if problem.status == 404 else known
        return Reply({"error": [words]}, problem.status, problem.headers, problem)

    def _charge(self, endpoint: Endpoint, call: Call) -> None:
        now = self._exchange.clock.now_ns() / 1e9
        orders = 1 if endpoint.kind == "order_create" else 0
        self._exchange.meter.charge(
            KRAKEN, self.key_of(call), call.address, endpoint.weight, orders, now
        )

    def _authorize(self, endpoint: Endpoint, call: Call) -> None:
        call.params = {**read_form(call.query), **_body(call)}
        if endpoint.access == PUBLIC:
            return
        account = call.account
        if account is None or not account.enabled or account.venue != KRAKEN or account.expired:
            raise errors.problem(errors.INVALID_KEY)
        if not signed_rightly(call, account):
            raise errors.problem(errors.INVALID_SIGNATURE)
        self._check_nonce(account, call.params.get("nonce", ""))
        if account.allowed_ips is not None and call.address not in account.allowed_ips:
            raise errors.problem(errors.DENIED)
        if endpoint.access == TRADE and not account.can_trade:
            raise errors.problem(errors.DENIED)

    def _check_nonce(self, account: Account, nonce: str) -> None:
        """A nonce is larger than all that the key ever sent; in which order they arrive counts."""
        if not nonce.isdigit() or int(nonce) <= self._nonces.get(account.key, 0):
            raise errors.problem(errors.INVALID_NONCE)
        self._nonces[account.key] = int(nonce)


def signed_rightly(call: Call, account: Account) -> bool:
    """API-Sign: HMAC-SHA512 of path and SHA256(nonce + body), with the secret's bytes."""
    try:
        secret = base64.b64decode(account.secret, validate=True)
    except binascii.Error:
        return False
    digest = sha256(call.params.get("nonce", "").encode() + call.body).digest()
    expected = base64.b64encode(hmac.digest(secret, call.path.encode() + digest, "sha512"))
    return hmac.compare_digest(expected, call.headers.get("API-Sign", "").encode())


def _body(call: Call) -> dict[str, str]:
    if "json" not in call.headers.get("Content-Type", ""):
        return read_form(call.body.decode("utf-8", "replace"))
    try:
        return read_json(call.body)
    except ValueError:
        raise errors.bad_argument("body") from None
