"""A person is told what to do: each venue's own refusals, through ccxt's class and our mapping."""

import importlib
import json
from typing import Any

import pytest

from pilotfish.domain.errors import Rejected, VenueError
from pilotfish_venues.advice import PLACES, SIGNS, Trouble, advice
from pilotfish_venues.outcomes import outcome_of, read_reply
from pilotfish_venues.table import VENUES

Answer = tuple[int, Any]

KEY, SECRET = "the-key-itself", "the-secret-itself"
HTML = "<html><body>Service under maintenance</body></html>"


def binance(code: int, msg: str, status: int = 400) -> Answer:
    return status, {"code": code, "msg": msg}


def bybit(code: int, msg: str) -> Answer:
    return 200, {"retCode": code, "retMsg": msg, "result": {}, "retExtInfo": {}, "time": 1}


def okx(code: str, msg: str, status: int = 401) -> Answer:
    return status, {"code": code, "data": [], "msg": msg}


def kraken(text: str) -> Answer:
    return 200, {"error": [text]}


def futures(text: str, status: int = 200) -> Answer:
    return status, {"result": "error", "error": text, "serverTime": "2026-01-01T00:00:00.000Z"}


def coinbase(status: int, text: str, details: str = "") -> Answer:
    return status, {"error": text, "error_details": details, "message": details}


def code_msg(code: str, msg: str, status: int = 400) -> Answer:
    return status, {"code": code, "msg": msg}


def htx(code: str, msg: str, status: int = 200) -> Answer:
    return status, {"status": "error", "err-code": code, "err-msg": msg, "data": None}


def gate(label: str, message: str, status: int = 401) -> Answer:
    return status, {"label": label, "message": message}


def mexc(code: int, msg: str, status: int = 400) -> Answer:
    return status, {"code": code, "msg": msg}


def kana(status: int, message: str) -> Answer:
    return status, {"success": False, "message": message}


def delta(code: str, status: int = 401, **context: Any) -> Answer:
    return status, {"success": False, "error": {"code": code, "context": context}}


T = Trouble
ONE_OF_THREE = binance(-2015, "Invalid API-key, IP, or permissions for action.", 401)
SPOT: dict[str, tuple[Answer, Trouble]] = {
    "wrong key": (binance(-2014, "API-key format invalid.", 401), T.WRONG_KEY),
    "wrong secret": (binance(-1022, "Signature for this request is not valid."), T.WRONG_KEY),
    "expired key": (binance(-2008, "Invalid Api-Key ID.", 401), T.EXPIRED_KEY),
    "missing permission": (ONE_OF_THREE, T.KEY_REFUSED),
    "address not allowed": (ONE_OF_THREE, T.KEY_REFUSED),
    "maintenance": ((503, HTML), T.MAINTENANCE),
    "shutting down": (binance(-1016, "This service is no longer available."), T.MAINTENANCE),
    "delisted symbol": (binance(-1121, "Invalid symbol."), T.DELISTED),
    "closed symbol": (binance(-1013, "Market is closed."), T.DELISTED),
}
DELTA: dict[str, tuple[Answer, Trouble]] = {
    "wrong key": (delta("invalid_api_key"), T.WRONG_KEY),
    "wrong secret": (delta("SignatureMismatch"), T.WRONG_KEY),
    "expired key": (delta("api_key_expired"), T.EXPIRED_KEY),
    "missing permission": (delta("UnauthorizedApiAccess", 403), T.NO_PERMISSION),
    "address not allowed": (
        delta("ip_not_whitelisted_for_api_key", client_ip="1.2.3.4"),
        T.IP_NOT_ALLOWED,
    ),
    "maintenance": (delta("under_maintenance", 503), T.MAINTENANCE),
    "delisted symbol": (delta("invalid_contract", 400), T.DELISTED),
}
BITGET = {
    "wrong key": (code_msg("40006", "Invalid ACCESS_KEY"), T.WRONG_KEY),
    "wrong secret": (code_msg("40009", "sign signature error"), T.WRONG_KEY),
    "wrong passphrase": (code_msg("40012", "apikey/password is incorrect"), T.WRONG_KEY),
    "expired key": (code_msg("40037", "Apikey does not exist"), T.EXPIRED_KEY),
    "missing permission": (code_msg("40014", "Incorrect permissions"), T.NO_PERMISSION),
    "address not allowed": (code_msg("40018", "Invalid IP"), T.IP_NOT_ALLOWED),
    "maintenance": (
        code_msg("40200", "Server upgrade, please try again later"),
        T.MAINTENANCE,
    ),
    "delisted symbol": (code_msg("40309", "The contract has been removed"), T.DELISTED),
    "other account": (
        code_msg("40085", "You are in Unified Account mode"),
        T.OTHER_ACCOUNT,
    ),
    "another account": (
        code_msg("40084", "You are in Classic Account mode"),
        T.OTHER_ACCOUNT,
    ),
}
SAID: dict[str, dict[str, tuple[Answer, Trouble]]] = {
    "binance": SPOT,
    "binanceusdm": SPOT
    | {"closed symbol": (binance(-4141, "Symbol is closed."), T.DELISTED)}
    | {"delivering": (binance(-4108, "Symbol is on delivering."), T.DELISTED)},
    "bybit": {
        "wrong key": (bybit(10003, "API key is invalid."), T.WRONG_KEY),
        "wrong secret": (bybit(10004, "error sign! origin_string[1]"), T.WRONG_KEY),
        "expired key": (bybit(33004, "Your api key has expired."), T.EXPIRED_KEY),
        "missing permission": (
            bybit(10005, "Permission denied, please check your API key permissions."),
            T.NO_PERMISSION,
        ),
        "address not allowed": (
            bybit(10010, "Unmatched IP, please check your API key's bound IP addresses."),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": ((503, HTML), T.MAINTENANCE),
        "delisted symbol": (bybit(110074, "This contract is not live"), T.DELISTED),
        "unknown symbol": (bybit(10001, "Not supported symbols"), T.DELISTED),
    },
    "okx": {
        "wrong key": (okx("50111", "Invalid OK-ACCESS-KEY"), T.WRONG_KEY),
        "wrong secret": (okx("50113", "Invalid Sign"), T.WRONG_KEY),
        "wrong passphrase": (okx("50105", "OK-ACCESS-PASSPHRASE incorrect"), T.WRONG_KEY),
        "expired key": (okx("50119", "API key doesn't exist"), T.EXPIRED_KEY),
        "missing permission": (
            okx("50120", "This API key doesn't have permission to use this function"),
            T.NO_PERMISSION,
        ),
        "address not allowed": (
            okx("50110", "Your IP 1.2.3.4 is not included in your API key's IP whitelist."),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": (
            okx("50001", "Service temporarily unavailable. Try again later", 503),
            T.MAINTENANCE,
        ),
        "delisted symbol": (okx("51001", "Instrument ID does not exist", 200), T.DELISTED),
        "expired contract": (okx("51027", "Contract expired", 200), T.DELISTED),
    },
    "kraken": {
        "wrong key": (kraken("EAPI:Invalid key"), T.KEY_REFUSED),
        "wrong secret": (kraken("EAPI:Invalid signature"), T.WRONG_KEY),
        "expired key": (kraken("EAPI:Invalid key"), T.KEY_REFUSED),
        "missing permission": (kraken("EGeneral:Permission denied"), T.NO_PERMISSION),
        "address not allowed": (kraken("EAPI:Invalid key"), T.KEY_REFUSED),
        "maintenance": (kraken("EService:Unavailable"), T.MAINTENANCE),
        "halted": (kraken("EService:Market in cancel_only mode"), T.MAINTENANCE),
        "delisted symbol": (kraken("EQuery:Unknown asset pair"), T.DELISTED),
    },
    "krakenfutures": {
        "wrong key": (futures("authenticationError", 401), T.KEY_REFUSED),
        "expired key": (futures("authenticationError", 401), T.KEY_REFUSED),
        "missing permission": (futures("insufficientPermission", 403), T.NO_PERMISSION),
        "address not allowed": (futures("authenticationError", 401), T.KEY_REFUSED),
        "maintenance": (futures("Unavailable"), T.MAINTENANCE),
        "delisted symbol": (futures("contractNotFound"), T.DELISTED),
        "closed symbol": (futures("marketInactive"), T.DELISTED),
    },
    "coinbase": {
        "wrong key": ((401, "Unauthorized"), T.KEY_REFUSED),
        "expired key": (coinbase(401, "expired_token", "key expired"), T.EXPIRED_KEY),
        "missing permission": (
            coinbase(403, "PERMISSION_DENIED", "Missing required scopes"),
            T.NO_PERMISSION,
        ),
        "address not allowed": (
            coinbase(401, "unauthorized", "IP address is not whitelisted"),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": ((503, HTML), T.MAINTENANCE),
        "delisted symbol": (coinbase(400, "INVALID_PRODUCT_ID"), T.DELISTED),
        "unknown symbol": (
            coinbase(404, "NOT_FOUND", "valid product_id is required"),
            T.DELISTED,
        ),
    },
    "kucoin": {
        "wrong key": (code_msg("400001", "Please check the header of your request"), T.WRONG_KEY),
        "wrong secret": (code_msg("400005", "Invalid KC-API-SIGN", 401), T.WRONG_KEY),
        "wrong passphrase": (code_msg("400004", "Invalid KC-API-PASSPHRASE", 401), T.WRONG_KEY),
        "expired key": (code_msg("400003", "KC-API-KEY not exists", 401), T.EXPIRED_KEY),
        "missing permission": (
            code_msg("400007", "Access denied--->Require more permission"),
            T.NO_PERMISSION,
        ),
        "address not allowed": (
            code_msg("400006", "The requested ip address is not in the api whitelist"),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": ((503, HTML), T.MAINTENANCE),
        "delisted symbol": (code_msg("900001", "symbol not exists"), T.DELISTED),
    },
    "bitget": BITGET,
    "bitgetuta": BITGET,
    "htx": {
        "wrong key": (
            htx(
                "api-signature-not-valid", "Signature not valid: Incorrect Access key [Access key]"
            ),
            T.WRONG_KEY,
        ),
        "wrong secret": (
            htx("api-signature-not-valid", "Signature not valid: Verification failure"),
            T.WRONG_KEY,
        ),
        "expired key": (
            htx("api-signature-not-valid", "Signature not valid: The API key has expired"),
            T.EXPIRED_KEY,
        ),
        "missing permission": (
            htx("api-signature-not-valid", "Signature not valid: API key has no permission"),
            T.NO_PERMISSION,
        ),
        "address not allowed": (
            htx(
                "api-signature-not-valid",
                "Signature not valid: IP 1.2.3.4 is not in the white list",
            ),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": (htx("system-maintenance", "System is in maintenance!"), T.MAINTENANCE),
        "delisted symbol": (htx("base-symbol-error", "The symbol is invalid"), T.DELISTED),
        "closed symbol": (
            htx("base-symbol-trade-disabled", "Trading is disabled for this symbol"),
            T.DELISTED,
        ),
    },
    "gate": {
        "wrong key": (gate("INVALID_KEY", "Invalid key provided"), T.WRONG_KEY),
        "wrong secret": (gate("INVALID_SIGNATURE", "Signature mismatch"), T.WRONG_KEY),
        "expired key": (gate("KEY_EXPIRED", "The key has expired"), T.EXPIRED_KEY),
        "missing permission": (gate("READ_ONLY", "Given key is read-only", 403), T.NO_PERMISSION),
        "address not allowed": (
            gate("IP_FORBIDDEN", "Request IP not in whitelist: 1.2.3.4", 403),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": ((503, HTML), T.MAINTENANCE),
        "delisted symbol": (
            gate("INVALID_CURRENCY_PAIR", "Invalid currency pair GONE_USDT", 400),
            T.DELISTED,
        ),
        "delisting contract": (
            gate("CONTRACT_IN_DELISTING", "Contract is being delisted", 400),
            T.DELISTED,
        ),
    },
    "mexc": {
        "wrong key": (mexc(10072, "Api key info invalid"), T.WRONG_KEY),
        "wrong secret": (
            mexc(700002, "Signature for this request is not valid."),
            T.KEY_REFUSED,
        ),
        "expired key": (mexc(402, "API Key expired, please apply again"), T.EXPIRED_KEY),
        "missing permission": (
            mexc(700007, "No permission to access the endpoint.", 403),
            T.NO_PERMISSION,
        ),
        "address not allowed": (
            mexc(700006, "IP [1.2.3.4] not in the ip white list"),
            T.IP_NOT_ALLOWED,
        ),
        "maintenance": (mexc(801, "System under maintenance"), T.MAINTENANCE),
        "delisted symbol": (mexc(-1121, "Invalid symbol."), T.DELISTED),
        "closed contract": (mexc(1001, "Contract does not exist"), T.DELISTED),
    },
    "delta": DELTA,
    "deltaindia": DELTA,
    # Only read: the words are those of its documented answers, and say no more.
    "kana": {
        "wrong key": (kana(401, "Invalid API key"), T.KEY_REFUSED),
        "expired key": (kana(401, "Invalid API key"), T.KEY_REFUSED),
        "missing permission": (kana(403, "Forbidden"), T.KEY_REFUSED),
        "address not allowed": (kana(403, "Forbidden"), T.KEY_REFUSED),
        "maintenance": ((503, HTML), T.MAINTENANCE),
        "delisted symbol": (kana(404, "Market not found"), T.DELISTED),
    },
}
CASES = [(venue, case) for venue, cases in SAID.items() for case in cases]
NEEDED = {"wrong key", "expired key", "missing permission", "address not allowed"}
NEEDED |= {"maintenance", "delisted symbol"}


def raised(venue: str, answer: Answer) -> BaseException:
    """What ccxt's class makes of a venue's answer to an order, with the answer kept on it."""
    spec = VENUES[venue]
    module = spec.module or f"ccxt.async_support.{spec.ccxt_id}"
    exchange = getattr(importlib.import_module(module), spec.ccxt_id)()
    status, body = answer
    text = body if isinstance(body, str) else json.dumps(body)
    parsed = None if isinstance(body, str) else body
    url = f"https://example.com/order?api_key={KEY}&signature={SECRET}"
    request: tuple[Any, ...] = (
        url,
        "POST",
        {},
        text,
        parsed,
        {"X-KEY": KEY},
        f"symbol=A&key={KEY}",
    )
    try:
        if not exchange.handle_errors(status, "", *request):
            exchange.handle_http_status_code(status, "", url, "POST", text)
    except Exception as error:  # noqa: BLE001
        error.venue_reply = read_reply(status, {}, text, parsed)  # type: ignore[attr-defined]
        return error
    raise AssertionError(f"ccxt finds nothing wrong with {answer}")


@pytest.mark.parametrize("venue", SAID)
def test_every_venue_has_its_refusals(venue: str) -> None:
    assert set(SAID[venue]) >= NEEDED


def test_every_venue_has_its_signs() -> None:
    assert set(SAID) == set(SIGNS) == set(PLACES) == set(VENUES)


@pytest.mark.parametrize(("venue", "case"), CASES)
def test_what_to_do(venue: str, case: str) -> None:
    answer, trouble = SAID[venue][case]

    outcome = outcome_of(raised(venue, answer), (KEY, SECRET), venue)

    said, _, todo = str(outcome).partition(". What to do: ")
    assert todo == advice(venue, trouble)
    assert PLACES[venue].name in todo
    assert said
    assert KEY not in str(outcome)
    assert SECRET not in str(outcome)


@pytest.mark.parametrize(("venue", "case"), CASES)
def test_an_order_that_was_refused_for_its_key_or_symbol_is_not_looked_for(
    venue: str, case: str
) -> None:
    answer, trouble = SAID[venue][case]

    outcome: VenueError = outcome_of(raised(venue, answer), (), venue)

    assert isinstance(outcome, Rejected) is (trouble is not Trouble.MAINTENANCE)


def test_what_a_person_can_do_nothing_about_has_no_advice() -> None:
    answer = binance(-2010, "Account has insufficient balance for requested action.")
    outcome = outcome_of(raised("binance", answer), (), "binance")
    assert "What to do" not in str(outcome)
