"""OKX over REST: every answer is {"code", "msg", "data": [...]}, and "0" is a success."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import orjson

from pilotfish_local.exchange.api import (
    TRADE,
    Call,
    Endpoint,
    Problem,
    Reply,
    read_form,
    texts,
)
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.faces import VenueFace, same_signature
from pilotfish_local.exchange.limits import Limited
from pilotfish_local.exchange.okx import errors
from pilotfish_local.exchange.okx.account import ACCOUNT_ENDPOINTS
from pilotfish_local.exchange.okx.fills import FILL_ENDPOINTS
from pilotfish_local.exchange.okx.markets import MARKET_ENDPOINTS
from pilotfish_local.exchange.okx.orders import ORDER_ENDPOINTS
from pilotfish_local.exchange.okx.positions import POSITION_ENDPOINTS

SIGNATURE_LIFE_MS = 30_000


class OkxFace(VenueFace):
    """One account over spot and swaps."""

    endpoints: ClassVar = {
        **MARKET_ENDPOINTS,
        **ORDER_ENDPOINTS,
        **FILL_ENDPOINTS,
        **POSITION_ENDPOINTS,
        **ACCOUNT_ENDPOINTS,
    }

    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""
        return call.headers.get("OK-ACCESS-KEY", "")

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """The symbol that an order names."""
        return params.get("instId", "")

    def read(self, call: Call) -> None:
        """A body is an object, or a list of one: the batch endpoints take lists."""
        call.params = read_form(call.query)
        if not call.body:
            return
        try:
            given = orjson.loads(call.body)
            rows = given if isinstance(given, list) else [given]
            if len(rows) != 1:
                raise errors.problem("51000", "batch, one order at a time is modelled here,")
            call.params.update(texts(rows[0]))
        except ValueError:
            raise Problem(400, "50002", "JSON syntax error") from None

    def authorize(self, endpoint: Endpoint, call: Call) -> None:
        """The key, the clock, the passphrase, the signature, the address, what it may."""
        account, headers = call.account, call.headers
        if not self.key_of(call):
            raise errors.problem("50103")
        if account is None or not account.usable or account.venue != OKX:
            raise errors.problem("50119")
        stamp = headers.get("OK-ACCESS-TIMESTAMP", "")
        self._check_time(stamp)
        if not right_passphrase(account, headers.get("OK-ACCESS-PASSPHRASE", "")):
            raise errors.problem("50105")
        query = f"?{call.query}" if call.query else ""
        body = call.body.decode("utf-8", "replace")
        expected = signature_of(account, f"{stamp}{call.method}{call.path}{query}{body}")
        if not same_signature(expected, headers.get("OK-ACCESS-SIGN", "")):
            raise errors.problem("50113")
        if account.allowed_ips is not None and call.address not in account.allowed_ips:
            raise errors.problem("50110", call.address)
        if endpoint.access == TRADE and not account.can_trade:
            raise errors.problem("50120")

    def _check_time(self, stamp: str) -> None:
        """A request lives for thirty seconds, in either direction."""
        try:
            sent = datetime.fromisoformat(stamp).timestamp() * 1000
        except ValueError:
            raise errors.problem("50112") from None
        if abs(self._exchange.clock.now_ms(OKX) - sent) > SIGNATURE_LIFE_MS:
            raise errors.problem("50102")

    def wrap(self, result: object) -> object:
        """A success; what it tells is always a list."""
        return {"code": "0", "msg": "", "data": result}

    def refusal(self, call: Call, refused: Refused) -> Problem:
        """A refusal that is not of one order."""
        code, message = errors.reason_of(refused)
        return Problem(200, code, message)

    def over_limit(self, limited: Limited) -> Problem:
        """50011."""
        return errors.over_limit(limited)

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error of the request, or of the order in it."""
        outage, words = errors.OUTAGES.get(problem.status, errors.UNKNOWN)
        code = outage if problem.code is None else str(problem.code)
        message = problem.message or words
        payload: dict[str, object] = {"code": code, "msg": message, "data": []}
        if problem.context:
            row = {**problem.context, "ordId": "", "tag": "", "sCode": code, "sMsg": message}
            payload = {"code": "1", "msg": "All operations failed", "data": [row]}
        return Reply(payload, problem.status, problem.headers, problem)


def right_passphrase(account: Account, given: str) -> bool:
    """Whether a passphrase is the key's; any will do when none was set for it."""
    return bool(given) and account.passphrase in (None, given)


def signature_of(account: Account, text: str) -> str:
    """The Base64 of the HMAC-SHA256 of a text, which both REST and the sockets sign with."""
    return b64encode(hmac.digest(account.secret, text.encode(), "sha256")).decode()
