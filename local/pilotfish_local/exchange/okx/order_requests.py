"""Reading the body of a POST /api/v5/trade/order."""

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.orders import OrderRequest, Reason, Refused

SIDES = {"buy": "BUY", "sell": "SELL"}
# ordType: whether it has a price, and how long it stands.
TYPES = {
    "market": ("MARKET", "IOC"),
    "optimal_limit_ioc": ("MARKET", "IOC"),
    "limit": ("LIMIT", "GTC"),
    "post_only": ("LIMIT", "PostOnly"),
    "ioc": ("LIMIT", "IOC"),
    "fok": ("LIMIT", "FOK"),
}
POSITIONS = {"": "BOTH", "net": "BOTH", "long": "LONG", "short": "SHORT"}
NOT_MODELLED = ("attachAlgoOrds", "tpTriggerPx", "slTriggerPx", "pxUsd", "pxVol", "expTime")


def read_order(call: Call) -> OrderRequest:
    """The order that a body asks for; what is not modelled is refused, never ignored."""
    params = call.params
    spot = not params.get("instId", "").endswith("-SWAP")
    for name in NOT_MODELLED:
        if params.get(name):
            raise Refused(Reason.BAD_REQUEST, f"{name} is not modelled here,")
    kind, in_force = TYPES.get(params.get("ordType", ""), ("", ""))
    side, size = SIDES.get(params.get("side", "")), call.decimal("sz")
    if not kind or side is None or size is None:
        raise Refused(Reason.BAD_REQUEST, "sz" if kind and side else "side" if kind else "ordType")
    price = call.decimal("px") if kind == "LIMIT" else None
    if kind == "LIMIT" and price is None:
        raise Refused(Reason.BAD_REQUEST, "px")
    if params.get("tdMode") not in (("cash",) if spot else ("cross", "isolated")):
        raise Refused(Reason.BAD_REQUEST, "tdMode")
    in_quote = spot and kind == "MARKET" and _in_quote(call, side)
    return OrderRequest(
        symbol=params.get("instId", ""),
        side=side,
        type=kind,
        qty=ZERO if in_quote else size,
        price=price,
        time_in_force=in_force,
        reduce_only=not spot and not call.owner.hedge and call.flag("reduceOnly"),
        position_side="BOTH" if spot else _position_side(call),
        client_id=params.get("clOrdId", ""),
        post_only=in_force == "PostOnly",
        quote_qty=size if in_quote else None,
    )


def _position_side(call: Call) -> str:
    """Net when it is not said; in long/short mode it must be."""
    side = POSITIONS.get(call.params.get("posSide", ""))
    if side is None:
        raise Refused(Reason.POSITION_SIDE)
    return side


def _in_quote(call: Call, side: str) -> bool:
    """A spot market order to buy is by value, unless tgtCcy says otherwise."""
    usual = "quote_ccy" if side == "BUY" else "base_ccy"
    return call.params.get("tgtCcy", usual) == "quote_ccy"
