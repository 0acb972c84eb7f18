"""Delta's words for a refusal: {"success": false, "error": {"code", "context"}}."""

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.engine.orders import Reason, Refused
from pilotfish_local.exchange.limits import Limited

CODES: dict[Reason, str] = {
    Reason.UNKNOWN_SYMBOL: "invalid_contract",
    Reason.MARKET_CLOSED: "market_disrupted_cancel_only_mode",
    Reason.INSUFFICIENT: "insufficient_margin",
    Reason.REDUCE_ONLY: "no_position_for_reduce_only",
    Reason.DUPLICATE_CLIENT_ID: "duplicate_client_order_id",
    Reason.WOULD_TAKE: "immediate_execution_post_only",
    Reason.UNKNOWN_ORDER: "open_order_not_found",
}
SCHEMA = "bad_schema"


def as_problem(refused: Refused) -> Problem:
    """A refusal of the engine in Delta's code; whatever is off a grid is a bad schema."""
    code = CODES.get(refused.reason)
    if code is None:
        return bad_schema(str(refused.reason), refused.detail)
    if code == "insufficient_margin":
        available, _, required = refused.detail.partition(" ")
        return Problem(
            400,
            code,
            context={"available_balance": available, "required_additional_balance": required},
        )
    return Problem(404 if code == "open_order_not_found" else 400, code)


def bad_schema(message: str, parameter: str = "") -> Problem:
    """A body that does not say what it must."""
    error = {"code": "validation_error", "message": message, "param": parameter}
    return Problem(400, SCHEMA, message, context={"schema_errors": [error]})


def over_limit(limited: Limited) -> Problem:
    """A 429; Delta says in milliseconds when to come back."""
    headers = {"X-RATE-LIMIT-RESET": str(limited.retry_after * 1000)}
    return Problem(429, "rate_limit_exceeded", "You have exhausted your rate limits", headers)
