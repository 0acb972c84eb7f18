"""What each of ccxt's errors means for the order that was being sent."""

import base64
import inspect
import json
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from ccxt.base import errors as ccxt

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish_venues.outcomes import clean, clock_is_off, outcome_of, read_reply

TABLE: dict[str, type[VenueError]] = {
    "BaseError": OutcomeUnknown,
    "ExchangeError": OutcomeUnknown,
    "AuthenticationError": Rejected,
    "PermissionDenied": Rejected,
    "AccountNotEnabled": Rejected,
    "AccountSuspended": Rejected,
    "ArgumentsRequired": Rejected,
    "BadRequest": Rejected,
    "BadSymbol": Rejected,
    "OperationRejected": Rejected,
    "NoChange": Rejected,
    "MarginModeAlreadySet": Rejected,
    "MarketClosed": Rejected,
    "ManualInteractionNeeded": Rejected,
    "RestrictedLocation": Rejected,
    "InsufficientFunds": Rejected,
    "InvalidAddress": Rejected,
    "AddressPending": Rejected,
    "InvalidOrder": Rejected,
    "OrderNotFound": Rejected,
    "OrderNotCached": Rejected,
    "OrderImmediatelyFillable": Rejected,
    "OrderNotFillable": Rejected,
    "DuplicateOrderId": OutcomeUnknown,
    "ContractUnavailable": Rejected,
    "NotSupported": Rejected,
    "InvalidProxySettings": NotSent,
    "ExchangeClosedByUser": NotSent,
    "OperationFailed": OutcomeUnknown,
    "NetworkError": OutcomeUnknown,
    "DDoSProtection": NotSent,
    "RateLimitExceeded": NotSent,
    "ExchangeNotAvailable": OutcomeUnknown,
    "OnMaintenance": OutcomeUnknown,
    "InvalidNonce": NotSent,
    "ChecksumError": OutcomeUnknown,
    "RequestTimeout": OutcomeUnknown,
    "BadResponse": OutcomeUnknown,
    "NullResponse": OutcomeUnknown,
    "CancelPending": OutcomeUnknown,
    "UnsubscribeError": OutcomeUnknown,
}

CLASSES = {
    name: member
    for name, member in vars(ccxt).items()
    if inspect.isclass(member) and issubclass(member, ccxt.BaseError)
}


def test_no_class_of_ccxt_is_missing_from_the_table() -> None:
    assert set(CLASSES) == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_each_class_of_ccxt_has_its_outcome(name: str) -> None:
    assert type(outcome_of(CLASSES[name]("said the venue"))) is TABLE[name]


@pytest.mark.parametrize("error", [KeyError("id"), TypeError("None"), TimeoutError()])
def test_what_nobody_listed_may_have_been_taken(error: Exception) -> None:
    assert type(outcome_of(error)) is OutcomeUnknown


def answered(kind: type[Exception], status: int, response: Any, headers: Any = None) -> Exception:
    error = kind(f"venue {response}")
    error.venue_reply = read_reply(status, headers or {}, str(response), response)  # type: ignore[attr-defined]
    return error


def binance(code: int, words: str = "words") -> dict[str, object]:
    return {"code": code, "msg": words}


def delta(code: str) -> dict[str, object]:
    return {"success": False, "error": {"code": code}}


@pytest.mark.parametrize(
    ("kind", "status", "response", "expected"),
    [
        (ccxt.DDoSProtection, 401, binance(-2015), Rejected),
        (ccxt.RequestTimeout, 408, binance(-1007), OutcomeUnknown),
        (ccxt.OperationFailed, 400, binance(-1006), OutcomeUnknown),
        (ccxt.OperationFailed, 400, binance(-1008), NotSent),
        (ccxt.OperationFailed, 503, binance(-1008), OutcomeUnknown),
        (ccxt.InsufficientFunds, 500, binance(-2010), OutcomeUnknown),
        (ccxt.InvalidOrder, 400, binance(-2010, "Duplicate order sent."), OutcomeUnknown),
        (ccxt.InvalidOrder, 400, binance(-4116), OutcomeUnknown),
        (ccxt.InvalidOrder, 400, binance(-5028), NotSent),
        (ccxt.OperationFailed, 400, binance(-2020), Rejected),
        (ccxt.ExchangeError, 400, binance(-9999), OutcomeUnknown),
        (ccxt.ExchangeError, 401, delta("expired_signature"), NotSent),
        (ccxt.ExchangeError, 401, delta("SignatureExpired"), NotSent),
        (ccxt.ExchangeError, 401, delta("SignatureMismatch"), Rejected),
        (ccxt.ExchangeError, 401, delta("ip_not_whitelisted_for_api_key"), Rejected),
        (ccxt.ExchangeError, 400, delta("something_new"), OutcomeUnknown),
        (ccxt.ExchangeError, 429, delta("something_new"), NotSent),
        (ccxt.ExchangeNotAvailable, 403, None, NotSent),
        (ccxt.ExchangeNotAvailable, 404, None, OutcomeUnknown),
        (ccxt.ExchangeNotAvailable, 451, None, Rejected),
    ],
)
def test_the_venues_own_code_says_more_than_the_class(
    kind: type[Exception], status: int, response: Any, expected: type
) -> None:
    assert type(outcome_of(answered(kind, status, response))) is expected


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"X-RATE-LIMIT-RESET": "2500"}, 2.5),
        ({"Retry-After": "Wed, 21 Oct"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_waiting_time_is_the_venues(headers: Any, wait_s: float) -> None:
    outcome = outcome_of(answered(ccxt.DDoSProtection, 429, binance(-1003), headers))

    assert isinstance(outcome, NotSent)
    assert outcome.wait_s == wait_s


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def refused() -> aiohttp.ClientConnectorError:
    key: Any = type("Key", (), {"host": "h", "port": 1, "ssl": None})()
    return aiohttp.ClientConnectorError(key, ConnectionRefusedError(111, "refused"))


def test_a_connection_that_was_not_made_sent_nothing() -> None:
    for cause in (refused(), aiohttp.ConnectionTimeoutError()):
        assert type(outcome_of(caused(ccxt.ExchangeNotAvailable("GET"), cause))) is NotSent
    assert type(outcome_of(ccxt.NetworkError(refused()))) is NotSent  # as ccxt's sockets tell it


@pytest.mark.parametrize(
    "cause", [aiohttp.ClientOSError(104, "reset"), aiohttp.ServerDisconnectedError()]
)
def test_a_connection_that_broke_may_have_sent_it(cause: Exception) -> None:
    assert type(outcome_of(caused(ccxt.ExchangeNotAvailable("POST"), cause))) is OutcomeUnknown


def test_the_words_are_the_venues_and_no_secret_is_among_them() -> None:
    said = "key AKEY, secret SEC: signature=abc123 at https://x.y/z?timestamp=1&signature=abc123"
    outcome = outcome_of(answered(ccxt.BadRequest, 400, binance(-1100, said)), ("AKEY", "SEC"))

    assert str(outcome) == "400 -1100 key …, secret …: signature=… at https://x.y/z"


def test_words_about_a_signature_are_kept() -> None:
    said = delta("expired_signature") | {"context": {"server_time": 1}}

    assert "server_time" in str(outcome_of(answered(ccxt.ExchangeError, 401, said)))


def test_the_clock_is_asked_for_when_a_timestamp_was_refused() -> None:
    assert clock_is_off(answered(ccxt.InvalidNonce, 400, binance(-1021)))
    assert clock_is_off(answered(ccxt.ExchangeError, 401, delta("expired_signature")))
    assert not clock_is_off(answered(ccxt.InvalidOrder, 400, binance(-2010)))


PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIabc+/=def\n-----END EC PRIVATE KEY-----\n"


@pytest.mark.parametrize("secret", ["CaNaRy+/sEcReT==", PEM])
@pytest.mark.parametrize(
    "said_back",
    [
        lambda secret: f"bad secret {secret}!",
        lambda secret: f"bad secret {secret.lower()}!",
        lambda secret: f"secret={quote(secret, safe='')}&x",
        lambda secret: json.dumps({"msg": secret}),
        lambda secret: f"Basic {base64.b64encode(secret.encode()).decode()}",
        lambda secret: " ".join(secret.split()),
    ],
    ids=["plain", "lower case", "in a URL", "in JSON", "in base64", "in one line"],
)
def test_a_secret_that_a_venue_says_back_is_not_passed_on(said_back: Any, secret: str) -> None:
    cleaned = clean(said_back(secret), ("key", secret))
    told = cleaned.lower()
    encoded = base64.b64encode(secret.encode()).decode().lower()
    assert not any(word in told for word in ("canary", "mhccaqee", encoded[:12]))


def test_a_short_word_of_a_secret_is_left_where_it_means_something_else() -> None:
    assert clean("END of the line", (PEM,)) == "END of the line"
