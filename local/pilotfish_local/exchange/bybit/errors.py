"""Bybit's words for a refusal: HTTP 200 with a retCode, other ones on spot than on perpetuals.

Codes and words are those of the documentation's page of error codes and of recorded answers.
"""

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.engine.instruments import SPOT
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.limits import Limited

PERPETUAL: dict[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (10001, "params error: symbol invalid {0}"),
    Reason.MARKET_CLOSED: (110066, "Trading is currently not allowed."),
    Reason.BAD_REQUEST: (10001, "params error: {0} invalid"),
    Reason.PRECISION: (10001, "{0} invalid"),
    Reason.PRICE_GRID: (10001, "Price invalid"),
    Reason.QTY_GRID: (10001, "Qty invalid"),
    Reason.QTY_TOO_SMALL: (10001, "The number of contracts exceeds minimum limit allowed"),
    Reason.QTY_TOO_LARGE: (
        10001,
        "The number of contracts exceeds maximum limit allowed: too large",
    ),
    Reason.NOTIONAL: (110094, "Order does not meet minimum order value {0}USDT"),
    Reason.INSUFFICIENT: (110007, "ab not enough for new order"),
    Reason.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.POSITION_SIDE: (10001, "position idx not match position mode"),
    Reason.DUPLICATE_CLIENT_ID: (110072, "OrderLinkedID is duplicate"),
    Reason.BAD_CLIENT_ID: (10001, "params error: OrderLinkId invalid"),
    Reason.UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
}

PAIR: dict[Reason, tuple[int, str]] = {
    **PERPETUAL,
    Reason.UNKNOWN_SYMBOL: (170121, "Invalid symbol."),
    Reason.MARKET_CLOSED: (170157, "The trading pair is not available for api trading."),
    Reason.BAD_REQUEST: (170130, "Data sent for paramter '{0}' is not valid."),
    Reason.PRECISION: (170137, "Order volume decimal too long."),
    Reason.PRICE_GRID: (170134, "Order price decimal too long."),
    Reason.QTY_GRID: (170137, "Order volume decimal too long."),
    Reason.QTY_TOO_SMALL: (170136, "Order quantity lower than the minimum."),
    Reason.QTY_TOO_LARGE: (170124, "Order amount too large."),
    Reason.NOTIONAL: (170140, "Order value exceeded lower limit."),
    Reason.INSUFFICIENT: (170131, "Insufficient balance."),
    Reason.DUPLICATE_CLIENT_ID: (170141, "Duplicate clientOrderId."),
    Reason.BAD_CLIENT_ID: (170130, "Data sent for paramter 'orderLinkId' is not valid."),
    Reason.WOULD_TAKE: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
    Reason.UNKNOWN_ORDER: (170213, "Order does not exist."),
}

PLAIN = {
    10003: "API key is invalid.",
    10004: "error sign! origin_string[{0}]",
    10005: "Permission denied, please check your API key permissions.",
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    33004: "Your api key has expired.",
    110013: "cannot set leverage due to risk limit level.",
    110024: "You have an existing position, so the position mode cannot be switched.",
    110025: "Position mode is not modified",
    110028: "You have existing open orders, so the position mode cannot be switched.",
    110043: "leverage not modified",
    110074: "This contract is not live",
}

OUTAGES = {
    403: (10018, "Exceeded IP rate limit."),
    404: (10017, "Route not found."),
    418: (10018, "Exceeded IP rate limit."),
    429: (10006, "Too many visits. Exceeded the API Rate Limit."),
    504: (10000, "Server Timeout"),
}
SERVER_ERROR = (10016, "Server error.")


def problem(code: int, detail: str = "") -> Problem:
    """An error that is the same whatever the request was."""
    return Problem(200, code, PLAIN[code].format(detail))


def bad(message: str) -> Problem:
    """A request that says what it must not, or not what it must."""
    return Problem(200, 10001, message)


def late(sent: str, server_ms: int, window: str) -> Problem:
    """A timestamp outside of the window."""
    words = "invalid request, please check your server timestamp or recv_window param."
    said = f"req_timestamp[{sent}],server_timestamp[{server_ms}],recv_window[{window}]"
    return Problem(200, 10002, f"{words} {said}")


def as_problem(category: str, refused: Refused) -> Problem:
    """A refusal of the engine in the words of its category."""
    code, message = (PAIR if category == SPOT else PERPETUAL)[refused.reason]
    if code == 170137 and refused.detail == "price":
        code, message = PAIR[Reason.PRICE_GRID]
    detail = refused.detail.removeprefix("spot:")
    if refused.reason is Reason.PRECISION:
        detail = "Price" if detail == "price" else "Qty"
    return Problem(200, code, message.format(detail))


def over_limit(limited: Limited, now_ms: int) -> Problem:
    """Too many requests of one user are 10006; an address that does not stop gets 403."""
    status = 403 if limited.status == 418 else 200
    code, message = OUTAGES[limited.status]
    headers = {
        "X-Bapi-Limit": str(limited.limit),
        "X-Bapi-Limit-Status": "0",
        "X-Bapi-Limit-Reset-Timestamp": str(now_ms + limited.retry_after * 1000),
    }
    return Problem(status, code, message, headers)
