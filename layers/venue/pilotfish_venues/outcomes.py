"""What an error of ccxt means for the order that was being sent.

Asked in this order: was it a 5xx (then nobody knows); what does the venue's own code say, if it is
in our list; did the connection fail before a byte of the request left; which class of ccxt's is
it; which HTTP status. What nobody has listed may have been taken: `OutcomeUnknown`.
"""

import asyncio
import base64
import json
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
from ccxt.base import errors as ccxt

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish_venues.advice import advice, refused, trouble_of

CLASSES: Mapping[type[BaseException], type[VenueError]] = {
    ccxt.BaseError: OutcomeUnknown,
    ccxt.ExchangeError: OutcomeUnknown,
    ccxt.AuthenticationError: Rejected,
    ccxt.ArgumentsRequired: Rejected,
    ccxt.BadRequest: Rejected,
    ccxt.OperationRejected: Rejected,
    ccxt.InsufficientFunds: Rejected,
    ccxt.InvalidAddress: Rejected,
    ccxt.InvalidOrder: Rejected,
    ccxt.DuplicateOrderId: OutcomeUnknown,  # an order with this id exists
    ccxt.NotSupported: Rejected,
    ccxt.InvalidProxySettings: NotSent,
    ccxt.ExchangeClosedByUser: NotSent,
    ccxt.OperationFailed: OutcomeUnknown,
    ccxt.DDoSProtection: NotSent,
    ccxt.RateLimitExceeded: NotSent,
    ccxt.InvalidNonce: NotSent,
    ccxt.ChecksumError: OutcomeUnknown,
}

# By the venue's own code, which says more than ccxt's class. Compared without case and spaces.
CODES: Mapping[str, type[VenueError]] = {
    "-1000": OutcomeUnknown,
    "-1001": OutcomeUnknown,
    "-1004": NotSent,  # "Server is busy, please wait and try again"
    "-1006": OutcomeUnknown,  # "execution status unknown"
    "-1007": OutcomeUnknown,  # "Send status unknown; execution status unknown"
    "-1008": NotSent,  # throttled before it reached the matching engine
    "-1016": NotSent,  # shutting down for maintenance
    "-1021": NotSent,
    "-2015": Rejected,  # ccxt calls it DDoSProtection once an instance has had a success
    "-2020": Rejected,  # "Unable to fill"
    "-4116": OutcomeUnknown,  # a duplicated client order id: an order with it exists
    "-5028": NotSent,  # came too late for the matching engine's window
    "duplicateclientorderid": OutcomeUnknown,
    "expiredsignature": NotSent,
    "signatureexpired": NotSent,
    "signaturemismatch": Rejected,  # a wrong secret stays wrong
    "invalidapikey": Rejected,
    "unauthorizedapiaccess": Rejected,
    "ipnotwhitelistedforapikey": Rejected,
    "nopositionforreduceonly": Rejected,
    "marketdisruptedcancelonlymode": Rejected,
    "ordersizeexceedavailable": Rejected,
}
CLOCK_CODES = frozenset(
    {"-1021", "-5028", "expiredsignature", "signatureexpired", "requesttimestampexpired"}
)
NOT_FOUND_CODES = frozenset({"-2013", "openordernotfound", "ordernotfound", "notfound"})

# Where neither code nor class says more; 403 comes from the firewall before the venue.
STATUSES: Mapping[int, type[VenueError]] = {
    401: Rejected,
    403: NotSent,
    418: NotSent,
    429: NotSent,
    451: Rejected,
}

_DUPLICATE = re.compile("duplicate", re.IGNORECASE)
_NOT_IN_KEYS = re.compile(r"[^a-z0-9-]")
_URL_QUERY = re.compile(r"\?\S+")
_SIGNATURE = re.compile(r"(signature\"?\s*[=:]\s*\"?)[0-9A-Za-z%+/=]+")
_LONGEST = 300
_TELLING = 8  # Words of a secret that are shorter tell nothing, and may be words of any text.

# The request never left: the name was not found, the connection not made.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    socket.gaierror,
    ConnectionRefusedError,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the venue answered, as kept on the exception that ccxt made of it."""

    status: int
    code: str
    text: str
    wait_s: float
    codes: Mapping[str, type[VenueError]]

    def settles(self, meaning: type[VenueError]) -> bool:
        """Whether a meaning is sure; a 403 may be the firewall's and may be the venue's."""
        return meaning is not OutcomeUnknown and self.status != 403

    @property
    def key(self) -> str:
        """The code as `CODES` spells it."""
        return _NOT_IN_KEYS.sub("", self.code.lower())


def read_reply(
    status: int,
    headers: object,
    body: object,
    response: object,
    codes: Mapping[str, type[VenueError]] = CODES,
) -> Reply:
    """The venue's code, words and waiting time out of an HTTP answer; `codes` go before ours."""
    code, text = _said(response) if isinstance(response, dict) else ("", "")
    return Reply(status, code, text or str(body or ""), told_wait_s(headers), codes)


def _said(response: Mapping[str, Any]) -> tuple[str, str]:
    """Code and words; each venue has its own fields for them."""
    if "retCode" in response:  # Bybit
        return str(response["retCode"]), str(response.get("retMsg") or "")
    for code, words in (("err-code", "err-msg"), ("err_code", "err_msg"), ("label", "message")):
        if response.get(code):  # HTX on spot and in contracts, Gate
            return str(response[code]), str(response.get(words) or "")
    inner = _refusal(response)
    if isinstance(inner, dict):  # Delta, Coinbase's orders
        return str(inner.get("code") or inner.get("error") or ""), ""
    if isinstance(inner, str):  # Kraken, Kraken futures, Coinbase
        return inner, ""
    rows = response.get("data")
    if isinstance(rows, list) and rows and isinstance(rows[0], dict) and rows[0].get("sCode"):
        return str(rows[0]["sCode"]), str(rows[0].get("sMsg") or "")  # OKX
    text = response.get("msg") or response.get("message")
    return str(response.get("code", "")), str(text or "")  # Binance, MEXC


def _refusal(response: Mapping[str, Any]) -> object:
    """What stands under a name for errors; the first of several."""
    found = response.get("error") or response.get("error_response") or response.get("errors")
    if isinstance(found, list) and found:
        found = found[0]
        # Coinbase has one id for all that is wrong with a signature.
        return found.get("message") if isinstance(found, dict) else found
    return found


def told_wait_s(headers: object) -> float:
    """Seconds to wait: Retry-After, or Delta's X-RATE-LIMIT-RESET in milliseconds."""
    if not isinstance(headers, Mapping):
        return 0.0
    named = {str(name).lower(): value for name, value in headers.items()}
    for name, unit_s in (("retry-after", 1.0), ("x-rate-limit-reset", 0.001)):
        try:
            return max(0.0, float(named[name]) * unit_s)
        except (KeyError, ValueError):
            continue
    return 0.0


def reply_of(error: BaseException) -> Reply | None:
    """The venue's answer that led to an error, if there was one."""
    found = getattr(error, "venue_reply", None)
    return found if isinstance(found, Reply) else None


def not_found(error: BaseException) -> bool:
    """Whether the venue said that it knows no such order."""
    reply = reply_of(error)
    if reply is not None and reply.key in NOT_FOUND_CODES:
        return True
    return isinstance(error, ccxt.OrderNotFound)


def clock_is_off(error: BaseException) -> bool:
    """Whether the venue refused a request for its timestamp."""
    reply = reply_of(error)
    if reply is not None and reply.key in CLOCK_CODES:
        return True
    return isinstance(error, ccxt.InvalidNonce)


def outcome_of(error: BaseException, secrets: tuple[str, ...] = (), venue: str = "") -> VenueError:
    """The error of ours to raise; its message has the venue's words and none of `secrets`.

    Where a person can do something about it, the message says what.
    """
    if isinstance(error, VenueError):
        return error
    reply = reply_of(error)
    words = _words(error, reply)
    message = clean(words, secrets)
    trouble = trouble_of(venue, _as_it_is(error, reply), words) if venue else None
    if trouble is not None:
        message = f"{message.rstrip('. ')}. What to do: {advice(venue, trouble)}"
    meaning = _meaning(error, reply)
    if reply is not None and reply.status < 500 and not reply.settles(meaning):
        meaning = Rejected if refused(venue, words) else meaning
    if meaning is NotSent:
        return NotSent(message, reply.wait_s if reply else 0.0)
    return meaning(message)


def _as_it_is(error: BaseException, reply: Reply | None) -> BaseException:
    """The error; not as ccxt calls it where its venue's row knows better."""
    known = reply.codes.get(reply.key) if reply is not None else None
    return known("") if known in (OutcomeUnknown, NotSent) else error


def _meaning(error: BaseException, reply: Reply | None) -> type[VenueError]:
    if reply is not None and reply.status >= 500:
        return OutcomeUnknown
    if reply is not None and (known := reply.codes.get(reply.key) or CODES.get(reply.key)):
        return known
    if isinstance(error, ccxt.InvalidOrder | ccxt.BadRequest) and _DUPLICATE.search(str(error)):
        return OutcomeUnknown
    if any(isinstance(cause, _BEFORE_SENDING) for cause in _causes(error)):
        return NotSent
    listed = (CLASSES[parent] for parent in type(error).__mro__ if parent in CLASSES)
    meaning = next(listed, OutcomeUnknown)
    if meaning is OutcomeUnknown and reply is not None:
        return STATUSES.get(reply.status, OutcomeUnknown)
    return meaning


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies beneath it; ccxt's sockets put the cause into the arguments."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        waiting += [arg for arg in current.args if isinstance(arg, BaseException)]


def _words(error: BaseException, reply: Reply | None) -> str:
    if reply is not None:
        status = str(reply.status) if reply.status >= 100 else ""
        code = reply.code if reply.code not in reply.text else ""
        return " ".join(part for part in (status, code, reply.text) if part)
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    said = f"{type(error).__name__}: {error}"
    cause = error.__cause__
    return f"{said} ({type(cause).__name__}: {cause})" if cause is not None else said


def clean(text: str, secrets: tuple[str, ...] = ()) -> str:
    """One short line without keys, signatures and the queries of URLs."""
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        case = re.IGNORECASE if len(form) >= _TELLING else re.NOFLAG
        text = re.sub(re.escape(form), "…", text, flags=case)
    text = _SIGNATURE.sub(r"\1…", _URL_QUERY.sub("", text))
    return " ".join(text.split())[:_LONGEST]


def _forms(secret: str) -> Iterator[str]:
    """A secret as a venue may say it back: plain, in a URL, in JSON, in base64, line by line."""
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    yield base64.b64encode(secret.encode()).decode()
    yield from (line for line in secret.split() if len(line) >= _TELLING)
