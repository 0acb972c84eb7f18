"""Bybit over REST: every answer is {"retCode", "retMsg", "result", "retExtInfo", "time"}."""

import hmac
from collections.abc import Mapping
from typing import ClassVar

from pilotfish_local.exchange.api import TRADE, Call, Endpoint, Problem, Reply, read_form, read_json
from pilotfish_local.exchange.bybit import errors
from pilotfish_local.exchange.bybit.fills import FILL_ENDPOINTS
from pilotfish_local.exchange.bybit.listing import book_symbol
from pilotfish_local.exchange.bybit.markets import MARKET_ENDPOINTS
from pilotfish_local.exchange.bybit.orders import ORDER_ENDPOINTS
from pilotfish_local.exchange.bybit.positions import POSITION_ENDPOINTS
from pilotfish_local.exchange.bybit.stops import STOP_ENDPOINTS
from pilotfish_local.exchange.bybit.wallet import WALLET_ENDPOINTS
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.faces import VenueFace, same_signature
from pilotfish_local.exchange.limits import Limited

DEFAULT_WINDOW = "5000"
AHEAD_MS = 1000


class BybitFace(VenueFace):
    """One unified account over all categories."""

    endpoints: ClassVar = {
        **MARKET_ENDPOINTS,
        **ORDER_ENDPOINTS,
        **FILL_ENDPOINTS,
        **POSITION_ENDPOINTS,
        **STOP_ENDPOINTS,
        **WALLET_ENDPOINTS,
    }

    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""
        return call.headers.get("X-BAPI-API-KEY", "")

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """The symbol that an order names, as the book knows it."""
        return book_symbol(params.get("category", ""), params.get("symbol", ""))

    def read(self, call: Call) -> None:
        """A GET's parameters are in the query, a POST's in a JSON body."""
        try:
            call.params = {**read_form(call.query), **read_json(call.body)}
        except ValueError:
            raise errors.bad("params error: the body is not a JSON object") from None

    def authorize(self, endpoint: Endpoint, call: Call) -> None:
        """The key, whether it has expired, the clock, the signature, the address, what it may."""
        account, headers = call.account, call.headers
        if account is None or not account.enabled or account.venue != BYBIT:
            raise errors.problem(10003)
        if account.expired:
            raise errors.problem(33004)
        sent = headers.get("X-BAPI-TIMESTAMP", "")
        window = headers.get("X-BAPI-RECV-WINDOW", DEFAULT_WINDOW)
        self._check_time(sent, window)
        body = call.body.decode("utf-8", "replace")
        text = f"{sent}{account.key}{window}{call.query if call.method == 'GET' else body}"
        expected = hmac.digest(account.secret, text.encode(), "sha256").hex()
        if not same_signature(expected, headers.get("X-BAPI-SIGN", "")):
            raise errors.problem(10004, text)
        if account.allowed_ips is not None and call.address not in account.allowed_ips:
            raise errors.problem(10010)
        if endpoint.access == TRADE and not account.can_trade:
            raise errors.problem(10005)

    def _check_time(self, sent: str, window: str) -> None:
        """server - recv_window <= timestamp < server + 1000."""
        now = self._exchange.clock.now_ms(BYBIT)
        known = sent.isdigit() and window.isdigit()
        if not known or not now - int(window) <= int(sent) < now + AHEAD_MS:
            raise errors.late(sent, now, window)

    def usage(self, endpoint: Endpoint, used: Mapping[str, int]) -> dict[str, str]:
        """What is left, and when it is whole again."""
        limits, clock = self._exchange.meter.limits[BYBIT], self._exchange.clock
        left = limits.weight_per_minute - used["weight"]
        return {
            "X-Bapi-Limit": str(limits.weight_per_minute),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(clock.now_ms(BYBIT)),
        }

    def wrap(self, result: object) -> object:
        """A success."""
        return self._answer(0, "OK", result)

    def refusal(self, call: Call, refused: Refused) -> Problem:
        """In the words of the category that the request named."""
        return errors.as_problem(call.params.get("category", ""), refused)

    def over_limit(self, limited: Limited) -> Problem:
        """10006, or 403 for who does not stop."""
        return errors.over_limit(limited, self._exchange.clock.now_ms(BYBIT))

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error; most come with HTTP 200."""
        outage, words = errors.OUTAGES.get(problem.status, errors.SERVER_ERROR)
        code = outage if problem.code is None else problem.code
        payload = self._answer(code, problem.message or words, {})
        return Reply(payload, problem.status, problem.headers, problem)

    def _answer(self, code: int | str, message: str, result: object) -> dict[str, object]:
        return {
            "retCode": code,
            "retMsg": message,
            "result": result,
            "retExtInfo": {},
            "time": self._exchange.clock.now_ms(BYBIT),
        }
