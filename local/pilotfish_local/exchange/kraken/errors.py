"""Kraken's words for a refusal: HTTP 200 and {"error": ["ECategory:Text"]}."""

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.limits import Limited

INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
DENIED = "EGeneral:Permission denied"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
UNKNOWN_METHOD = "EGeneral:Unknown method"
DEADLINE = "EService:Deadline elapsed"
UNKNOWN_ORDER = "EOrder:Unknown order"

WORDS: dict[Reason, str] = {
    Reason.UNKNOWN_SYMBOL: UNKNOWN_PAIR,
    Reason.MARKET_CLOSED: "EService:Market in cancel_only mode",
    Reason.PRECISION: "EOrder:Invalid price:price can only be specified up to so many decimals",
    Reason.PRICE_GRID: "EOrder:Tick size check failed",
    Reason.QTY_GRID: "EGeneral:Invalid arguments:volume",
    Reason.QTY_TOO_SMALL: "EGeneral:Invalid arguments:volume minimum not met",
    Reason.QTY_TOO_LARGE: "EOrder:Trading agreement required",
    Reason.NOTIONAL: "EOrder:Cost minimum not met",
    Reason.INSUFFICIENT: "EOrder:Insufficient funds",
    Reason.BAD_CLIENT_ID: "EGeneral:Invalid arguments:cl_ord_id",
    Reason.DUPLICATE_CLIENT_ID: "EOrder:Duplicate cl_ord_id",
    Reason.WOULD_TAKE: "EOrder:Post only order",
    Reason.UNKNOWN_ORDER: UNKNOWN_ORDER,
    Reason.UNREAD: "EGeneral:Invalid arguments:reduce_only",
}
OUTAGES = {429: "EAPI:Rate limit exceeded", 500: "EGeneral:Internal error"}
OUTAGE = "EService:Unavailable"


def problem(words: str) -> Problem:
    """A refusal; its code is what comes before the details."""
    return Problem(200, words, words)


def bad_argument(name: str) -> Problem:
    """A field that is missing, malformed or not modelled."""
    return problem(f"EGeneral:Invalid arguments:{name}")


def as_problem(refused: Refused) -> Problem:
    """A refusal of the engine in Kraken's words."""
    return problem(WORDS.get(refused.reason, "EGeneral:Invalid arguments"))


def over_limit(limited: Limited) -> Problem:
    """Too many calls; a ban is a temporary lockout."""
    if limited.what == "ban":
        return problem("EGeneral:Temporary lockout")
    return problem(f"{'EOrder' if limited.what == 'orders' else 'EAPI'}:Rate limit exceeded")
