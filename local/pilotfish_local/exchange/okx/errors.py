"""OKX's words for a refusal: a code and a message, and for an order an sCode within the data."""

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.limits import Limited

REASONS: dict[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_SYMBOL: (
        "51001",
        "Instrument ID, Instrument ID code, or Spread ID doesn't exist.",
    ),
    Reason.MARKET_CLOSED: ("51022", "Contract suspended."),
    Reason.BAD_REQUEST: ("51000", "Parameter {0} error"),
    Reason.PRECISION: ("51000", "Parameter px error"),
    Reason.PRICE_GRID: ("51000", "Parameter px error"),
    Reason.QTY_GRID: ("51121", "Order quantity must be a multiple of the lot size."),
    Reason.QTY_TOO_SMALL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.QTY_TOO_LARGE: ("51202", "Market order amount exceeds the maximum amount."),
    Reason.NOTIONAL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.INSUFFICIENT: ("51008", "Order failed. Insufficient USDT balance in account."),
    Reason.REDUCE_ONLY: (
        "51169",
        "Order failed because you don't have any positions in this direction for this contract "
        "to reduce or close. ",
    ),
    Reason.POSITION_SIDE: ("51000", "Parameter posSide error"),
    Reason.DUPLICATE_CLIENT_ID: ("51016", "Client order ID already exists."),
    Reason.BAD_CLIENT_ID: ("51000", "Parameter clOrdId error"),
    Reason.UNKNOWN_ORDER: (
        "51400",
        "Cancellation failed as the order has been filled, canceled or doesn't exist.",
    ),
}
TOO_MUCH_TO_CLOSE = ("51112", "Close order size exceeds available size for this position.")

# The code, the HTTP status that comes with it, and the words.
PLAIN: dict[str, tuple[int, str]] = {
    "50014": (400, "Parameter {0} can not be empty."),
    "50102": (401, "Timestamp request expired"),
    "50103": (401, 'Request header "OK-ACCESS-KEY" can\'t be empty.'),
    "50105": (401, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
    "50110": (401, "Your IP {0} is not included in your API key's IP whitelist."),
    "50112": (401, "Invalid OK-ACCESS-TIMESTAMP"),
    "50113": (401, "Invalid Sign"),
    "50119": (401, "API key doesn't exist"),
    "50120": (401, "This API key doesn't have permission to use this function"),
    "51000": (400, "Parameter {0} error"),
    "51001": (200, REASONS[Reason.UNKNOWN_SYMBOL][1]),
    "51603": (200, "Order does not exist"),
    "59000": (
        200,
        "Setting failed. Cancel any open orders, close positions, and stop trading bots first.",
    ),
    "59102": (200, "Leverage exceeds the maximum limit. Please lower the leverage."),
}

OUTAGES: dict[int, tuple[str, str]] = {
    404: ("404", "Not Found"),
    418: ("50011", "Too Many Requests"),
    429: ("50011", "Too Many Requests"),
    500: ("50026", "System error. Try again later"),
    502: ("50013", "Systems are busy. Please try again later."),
    503: ("50001", "Service temporarily unavailable. Try again later"),
    504: (
        "50004",
        "API endpoint request timeout (does not mean that the request was successful or failed, "
        "please check the request result).",
    ),
}
UNKNOWN = ("50026", "System error. Try again later")


def problem(code: str, detail: str = "") -> Problem:
    """An error of a request as a whole."""
    status, words = PLAIN[code]
    return Problem(status, code, words.format(detail))


def reason_of(refused: Refused) -> tuple[str, str]:
    """A refusal of the engine in OKX's code and words."""
    if refused.reason is Reason.PRECISION and refused.detail == "quantity":
        return REASONS[Reason.QTY_GRID]
    if refused.reason is Reason.REDUCE_ONLY and refused.detail not in ("", "0"):
        return TOO_MUCH_TO_CLOSE
    code, words = REASONS[refused.reason]
    return code, words.format(refused.detail)


def of_order(refused: Refused, client_id: str) -> Problem:
    """A refusal of one order: told within the data, and HTTP 200."""
    code, message = reason_of(refused)
    return Problem(200, code, message, context={"clOrdId": client_id})


def over_limit(limited: Limited) -> Problem:
    """OKX does not say when to come back."""
    code, message = OUTAGES[limited.status]
    return Problem(429, code, message)
