"""Reading the body of a POST /v5/order/create."""

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.bybit.errors import bad
from pilotfish_local.exchange.bybit.listing import book_symbol
from pilotfish_local.exchange.bybit.markets import category_of
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import SPOT
from pilotfish_local.exchange.engine.orders import OrderRequest, Reason, Refused

TYPES = {"Market": "MARKET", "Limit": "LIMIT"}
IN_FORCE = ("GTC", "IOC", "FOK", "PostOnly")
SIDES = {"Buy": "BUY", "Sell": "SELL"}
POSITIONS = {"0": "BOTH", "1": "LONG", "2": "SHORT"}
NOT_MODELLED = (
    "triggerPrice",
    "triggerDirection",
    "takeProfit",
    "stopLoss",
    "trailingStop",
    "tpslMode",
    "tpLimitPrice",
    "slLimitPrice",
    "slippageTolerance",
    "bboSideType",
    "orderIv",
)


def read_order(call: Call) -> OrderRequest:
    """The order that a body asks for; what is not modelled is refused, never ignored."""
    category, params = category_of(call), call.params
    _refuse_what_is_not_modelled(call)
    for name in ("symbol", "side", "orderType", "qty"):
        if not params.get(name):
            raise bad(f"params error: {name} is required")
    kind, side, qty = TYPES.get(params["orderType"]), SIDES.get(params["side"]), call.decimal("qty")
    if kind is None or side is None:
        raise Refused(Reason.BAD_REQUEST, "side" if kind else "orderType")
    if qty is None:
        raise Refused(Reason.BAD_REQUEST, "qty")
    price = call.decimal("price") if kind == "LIMIT" else None
    if kind == "LIMIT" and price is None:
        raise Refused(Reason.BAD_REQUEST, "price")
    time_in_force = params.get("timeInForce") or "GTC"
    if time_in_force not in IN_FORCE:
        raise Refused(Reason.BAD_REQUEST, "timeInForce")
    in_quote = _in_quote(call, kind, side)
    return OrderRequest(
        symbol=book_symbol(category, params["symbol"]),
        side=side,
        type=kind,
        qty=ZERO if in_quote else qty,
        price=price,
        time_in_force="IOC" if kind == "MARKET" else time_in_force,
        reduce_only=category != SPOT and call.flag("reduceOnly"),
        position_side="BOTH" if category == SPOT else _position_side(call),
        client_id=params.get("orderLinkId", ""),
        post_only=kind == "LIMIT" and time_in_force == "PostOnly",
        quote_qty=qty if in_quote else None,
    )


def _refuse_what_is_not_modelled(call: Call) -> None:
    named = [name for name in NOT_MODELLED if call.params.get(name)]
    flags = [name for name in ("closeOnTrigger", "mmp") if call.flag(name)]
    if call.params.get("isLeverage") == "1":
        flags.append("isLeverage")
    if call.params.get("orderFilter", "Order") != "Order":
        flags.append("orderFilter")
    if named or flags:
        raise bad(f"params error: {(named + flags)[0]} is not modelled here")


def _position_side(call: Call) -> str:
    side = POSITIONS.get(call.params.get("positionIdx", "0"))
    if side is None:
        raise Refused(Reason.BAD_REQUEST, "positionIdx")
    return side


def _in_quote(call: Call, kind: str, side: str) -> bool:
    """A spot market order to buy is by value, unless marketUnit says otherwise."""
    if call.params.get("category") != SPOT or kind != "MARKET":
        return False
    usual = "quoteCoin" if side == "BUY" else "baseCoin"
    return call.params.get("marketUnit", usual) == "quoteCoin"
