"""Binance's words for a refusal: spot and USD-M futures use different codes for the same thing."""

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.engine.clock import Clock
from pilotfish_local.exchange.engine.instruments import BINANCE
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.limits import Limited

SPOT: dict[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    Reason.MARKET_CLOSED: (-1013, "Market is closed."),
    Reason.BAD_REQUEST: (
        -1102,
        "Mandatory parameter '{0}' was not sent, was empty/null, or malformed.",
    ),
    Reason.PRECISION: (-1111, "Parameter '{0}' has too much precision."),
    Reason.PRICE_GRID: (-1013, "Filter failure: PRICE_FILTER"),
    Reason.QTY_GRID: (-1013, "Filter failure: LOT_SIZE"),
    Reason.QTY_TOO_SMALL: (-1013, "Filter failure: LOT_SIZE"),
    Reason.QTY_TOO_LARGE: (-1013, "Filter failure: LOT_SIZE"),
    Reason.NOTIONAL: (-1013, "Filter failure: NOTIONAL"),
    Reason.INSUFFICIENT: (-2010, "Account has insufficient balance for requested action."),
    Reason.DUPLICATE_CLIENT_ID: (-2010, "Duplicate order sent."),
    Reason.BAD_CLIENT_ID: (
        -1100,
        "Illegal characters found in parameter 'newClientOrderId'; "
        "legal range is '^[a-zA-Z0-9-_.:/]{1,36}$'.",
    ),
    Reason.WOULD_TAKE: (-2010, "Order would immediately match and take."),
    Reason.UNREAD: (-1104, "Not all sent parameters were read."),
    Reason.UNKNOWN_ORDER: (-2011, "Unknown order sent."),
}

USDM: dict[Reason, tuple[int, str]] = {
    **SPOT,
    Reason.MARKET_CLOSED: (-4141, "Symbol is closed."),
    Reason.PRECISION: (-1111, "Precision is over the maximum defined for this asset."),
    Reason.PRICE_GRID: (-4014, "Price not increased by tick size."),
    Reason.QTY_GRID: (-4023, "Qty not increased by step size."),
    Reason.QTY_TOO_SMALL: (-4003, "Quantity less than or equal to zero."),
    Reason.QTY_TOO_LARGE: (-4005, "Quantity greater than max quantity."),
    Reason.NOTIONAL: (
        -4164,
        "Order's notional must be no smaller than {0} (unless you choose reduce only).",
    ),
    Reason.INSUFFICIENT: (-2019, "Margin is insufficient."),
    Reason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Reason.REDUCE_ONLY_IN_HEDGE: (-1106, "Parameter 'reduceonly' sent when not required."),
    Reason.POSITION_SIDE: (-4061, "Order's position side does not match user's setting."),
    Reason.DUPLICATE_CLIENT_ID: (-4116, "ClientOrderId is duplicated."),
    Reason.BAD_CLIENT_ID: (-4015, "Client order id is not valid."),
    Reason.WOULD_TAKE: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history",
    ),
}

PLAIN: dict[int, tuple[int, str]] = {
    -1021: (400, "Timestamp for this request is outside of the recvWindow."),
    -1022: (400, "Signature for this request is not valid."),
    -1106: (400, "Parameter sent when not required."),
    -1115: (400, "Invalid timeInForce."),
    -1116: (400, "Invalid orderType."),
    -1117: (400, "Invalid side."),
    -1125: (400, "This listenKey does not exist."),
    -1127: (400, "More than 24 hours between startTime and endTime."),
    -2013: (400, "Order does not exist."),
    -2014: (401, "API-key format invalid."),
    -2015: (401, "Invalid API-key, IP, or permissions for action."),
    -4028: (400, "Leverage 0 is not valid"),
    -4046: (400, "No need to change margin type."),
    -4048: (400, "Margin type cannot be changed if there exists position."),
    -4059: (400, "No need to change position side."),
    -4067: (400, "Position side cannot be changed if there exists open orders."),
    -4068: (400, "Position side cannot be changed if there exists position."),
}


def problem(code: int, message: str = "") -> Problem:
    """An error that is the same whatever the request was."""
    status, words = PLAIN[code]
    return Problem(status, code, message or words)


def ahead_of_server() -> Problem:
    """The client's clock is fast."""
    return problem(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


UNKNOWN = (-1000, "An unknown error occurred.")
OUTAGES: dict[int, tuple[int, str]] = {
    429: (-1003, "Too many requests; please use the websocket for live updates."),
    418: (-1003, "Way too many requests; IP banned."),
    500: (-1000, "An unknown error occurred while processing the request."),
    502: (-1000, "Bad Gateway"),
    503: (-1000, "Unknown error, please check your request or try again later."),
    504: (
        -1007,
        "Timeout waiting for response from backend server. "
        "Send status unknown; execution status unknown.",
    ),
}


def missing(name: str) -> Problem:
    """A mandatory parameter that was not sent."""
    code, message = SPOT[Reason.BAD_REQUEST]
    return Problem(400, code, message.format(name))


def as_problem(venue: str, refused: Refused) -> Problem:
    """A refusal of the engine in the venue's code and words."""
    words = SPOT if venue == BINANCE else USDM
    code, message = words[refused.reason]
    return Problem(400, code, message.format(refused.detail))


def over_limit(venue: str, limited: Limited, clock: Clock) -> Problem:
    """A 429 or a 418 with its Retry-After."""
    headers = {"Retry-After": str(limited.retry_after)}
    if limited.what == "orders":
        message = f"Too many new orders; current limit is {limited.limit} orders per 10 SECOND."
        return Problem(limited.status, -1015, message, headers)
    if limited.what == "weight":
        message = (
            f"Too much request weight used; current limit is {limited.limit} request weight per "
            "1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
        )
        return Problem(limited.status, -1003, message, headers)
    until = clock.now_ms(venue) + limited.retry_after * 1000
    message = (
        f"Way too much request weight used; IP banned until {until}. "
        "Please use WebSocket Streams for live updates to avoid bans."
    )
    return Problem(limited.status, -1003, message, headers)
