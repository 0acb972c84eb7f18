"""Binance over REST: finds the endpoint, checks limits, key, clock and signature, and answers."""

import hmac
from collections.abc import Mapping
from dataclasses import replace

from pilotfish_local.exchange.api import (
    KEY,
    PUBLIC,
    TRADE,
    Call,
    Endpoint,
    Problem,
    Reply,
    read_form,
)
from pilotfish_local.exchange.binance import errors
from pilotfish_local.exchange.binance.key_settings import KEY_ENDPOINTS
from pilotfish_local.exchange.binance.market_data import MARKET_ENDPOINTS
from pilotfish_local.exchange.binance.spot import SPOT_ENDPOINTS
from pilotfish_local.exchange.binance.usdm import USDM_ENDPOINTS
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.limits import Limited

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    **MARKET_ENDPOINTS,
    **SPOT_ENDPOINTS,
    **USDM_ENDPOINTS,
    **KEY_ENDPOINTS,
}
DEFAULT_RECV_WINDOW_MS = 5000


class BinanceFace:
    """Both Binance venues; which one a request means is in its path (/api or /fapi)."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def find(self, call: Call) -> Endpoint | None:
        """The endpoint of a path; /sapi serves the venue under whose prefix it was called."""
        endpoint = ENDPOINTS.get((call.method, call.path))
        if endpoint is not None and call.path.startswith("/sapi"):
            return replace(endpoint, venue=call.prefix)
        return endpoint

    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""
        return call.headers.get("X-MBX-APIKEY", "")

    def answer(self, endpoint: Endpoint, call: Call) -> Reply:
        """The reply of an endpoint, or the error in Binance's JSON."""
        try:
            used = self._charge(endpoint, call)
            self._authorize(endpoint, call)
            return Reply(endpoint.handle(self._exchange, call), headers=used)
        except Refused as refused:
            return self.error(endpoint, errors.as_problem(endpoint.venue, refused))
        except Limited as limited:
            clock = self._exchange.clock
            return self.error(endpoint, errors.over_limit(endpoint.venue, limited, clock))
        except Problem as problem:
            return self.error(endpoint, problem)

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error as {"code", "msg"}."""
        code, message = errors.OUTAGES.get(problem.status, errors.UNKNOWN)
        payload = {
            "code": code if problem.code is None else problem.code,
            "msg": problem.message or message,
        }
        return Reply(payload, problem.status, problem.headers, problem)

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """The symbol that an order names."""
        return params.get("symbol", "")

    def _charge(self, endpoint: Endpoint, call: Call) -> dict[str, str]:
        orders = 1 if endpoint.kind == "order_create" else 0
        exchange = self._exchange
        used = exchange.meter.charge(
            endpoint.venue,
            self.key_of(call),
            call.address,
            endpoint.weight,
            orders,
            exchange.clock.now_ns() / 1e9,
        )
        weight = str(used["weight"])
        headers = {"X-MBX-USED-WEIGHT": weight, "X-MBX-USED-WEIGHT-1M": weight}
        if orders:
            headers["X-MBX-ORDER-COUNT-10S"] = str(used["orders"])
        return headers

    def _authorize(self, endpoint: Endpoint, call: Call) -> None:
        body = call.body.decode("utf-8", "replace")
        call.params = {**read_form(call.query), **read_form(body)}
        if endpoint.access == PUBLIC:
            return
        account = call.account
        if not self.key_of(call):
            raise errors.problem(-2014)
        if account is None or not account.usable or account.venue != endpoint.venue:
            raise errors.problem(-2015)
        if account.allowed_ips is not None and call.address not in account.allowed_ips:
            raise errors.problem(-2015)
        if endpoint.access == TRADE and not account.can_trade:
            raise errors.problem(-2015)
        if endpoint.access == KEY:
            return
        self._check_time(endpoint, call)
        if not signed_rightly(call.query, body, account.secret):
            raise errors.problem(-1022)

    def _check_time(self, endpoint: Endpoint, call: Call) -> None:
        sent = call.integer("timestamp")
        if sent is None:
            raise errors.missing("timestamp")
        window = call.integer("recvWindow", DEFAULT_RECV_WINDOW_MS) or DEFAULT_RECV_WINDOW_MS
        check_window(self._exchange.clock.now_ms(endpoint.venue), sent, window)


def check_window(now_ms: int, sent_ms: int, window_ms: int) -> None:
    """A request may be one second ahead of the server and recvWindow behind it."""
    if sent_ms >= now_ms + 1000:
        raise errors.ahead_of_server()
    if now_ms - sent_ms > window_ms:
        raise errors.problem(-1021)


def signed_rightly(query: str, body: str, secret: bytes) -> bool:
    """Whether the signature is the HMAC-SHA256 of query and body as they were sent."""
    text = query + body
    signed, found, signature = text.rpartition("signature=")
    if not found:
        return False
    expected = hmac.digest(secret, signed.rstrip("&").encode(), "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature.encode())
