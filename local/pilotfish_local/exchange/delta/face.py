"""Delta over REST: finds the endpoint, checks limits, key, clock and signature, and answers."""

import hmac
import re
from collections.abc import Mapping

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
from pilotfish_local.exchange.delta import errors
from pilotfish_local.exchange.delta.account import ACCOUNT_ENDPOINTS
from pilotfish_local.exchange.delta.products import PRODUCT_ENDPOINTS
from pilotfish_local.exchange.delta.trading import TRADING_ENDPOINTS
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.limits import Limited

SIGNATURE_LIFE_S = 5

Route = tuple[str, re.Pattern[str], Endpoint]


def _routes() -> list[Route]:
    """Paths as patterns; {name} in a path becomes a parameter. The fixed ones come first."""
    table = {**PRODUCT_ENDPOINTS, **TRADING_ENDPOINTS, **ACCOUNT_ENDPOINTS}
    ordered = sorted(table.items(), key=lambda item: "{" in item[0][1])
    return [
        (method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)), endpoint)
        for (method, path), endpoint in ordered
    ]


class DeltaFace:
    """One venue; private requests are signed in headers."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._routes = _routes()

    def find(self, call: Call) -> Endpoint | None:
        """The endpoint of a path; what the path names becomes a parameter."""
        for method, pattern, endpoint in self._routes:
            match = pattern.fullmatch(call.path) if method == call.method else None
            if match is not None:
                call.params = match.groupdict()
                return endpoint
        return None

    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""
        return call.headers.get("api-key", "")

    def answer(self, endpoint: Endpoint, call: Call) -> Reply:
        """The reply of an endpoint, or the error in Delta's JSON."""
        try:
            self._charge(endpoint, call)
            self._authorize(endpoint, call)
            call.params = {**read_form(call.query), **_body(call), **call.params}
            return Reply(endpoint.handle(self._exchange, call))
        except Refused as refused:
            return self.error(endpoint, errors.as_problem(refused))
        except Limited as limited:
            return self.error(endpoint, errors.over_limit(limited))
        except Problem as problem:
            return self.error(endpoint, problem)

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error as {"success", "error"}; an outage without a code of Delta's is unavailable."""
        code = "unavailable" if problem.code is None else problem.code
        error: dict[str, object] = {"code": code}
        if problem.context:
            error["context"] = problem.context
        payload = {"success": False, "error": error}
        return Reply(payload, problem.status, problem.headers, problem)

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """The symbol that an order names, be it by its product."""
        product = params.get("product_id")
        for market in self._exchange.engine.markets.values():
            if product == str(market.instrument.product_id):
                return market.instrument.symbol
        return params.get("product_symbol") or params.get("symbol") or product or ""

    def _charge(self, endpoint: Endpoint, call: Call) -> None:
        now = self._exchange.clock.now_ns() / 1e9
        orders = 1 if endpoint.kind == "order_create" else 0
        self._exchange.meter.charge(
            DELTA, self.key_of(call), call.address, endpoint.weight, orders, now
        )

    def _authorize(self, endpoint: Endpoint, call: Call) -> None:
        if endpoint.access == PUBLIC:
            return
        account = call.account
        if account is None or not account.usable or account.venue != DELTA:
            raise Problem(401, "invalid_api_key", "Api Key not found")
        if account.allowed_ips is not None and call.address not in account.allowed_ips:
            context: dict[str, object] = {"client_ip": call.address}
            raise Problem(401, "ip_not_whitelisted_for_api_key", context=context)
        query = f"?{call.query}" if call.query else ""
        text = call.path + query + call.body.decode("utf-8", "replace")
        timestamp = call.headers.get("timestamp", "")
        signature = call.headers.get("signature", "")
        check_signature(self._exchange, account, call.method, timestamp, text, signature)
        if endpoint.access == TRADE and not account.can_trade:
            raise Problem(403, "UnauthorizedApiAccess", "Api Key not authorised")


def check_signature(
    exchange: Exchange, account: Account, method: str, timestamp: str, text: str, signature: str
) -> None:
    """A signature is the hex HMAC-SHA256 of method, timestamp and text, and lives five seconds."""
    now = exchange.clock.now_ms(DELTA) // 1000
    if not timestamp.isdigit() or abs(now - int(timestamp)) > SIGNATURE_LIFE_S:
        context: dict[str, object] = {"request_time": timestamp, "server_time": now}
        raise Problem(401, "expired_signature", "your signature has expired", context=context)
    expected = hmac.digest(account.secret, f"{method}{timestamp}{text}".encode(), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Problem(401, "Signature Mismatch")


def _body(call: Call) -> dict[str, str]:
    try:
        return read_json(call.body)
    except ValueError:
        raise errors.bad_schema("body is not a JSON object") from None
