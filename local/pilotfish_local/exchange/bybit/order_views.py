"""An order as Bybit's look-ups and its `order` topic tell it."""

from decimal import Decimal

from pilotfish_local.exchange.bybit.ids import order_id
from pilotfish_local.exchange.engine.decimals import ZERO, plain
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.engine.orders import Order
from pilotfish_local.exchange.exchange import Exchange

Json = dict[str, object]
STATES = {"NEW": "New", "PARTIALLY_FILLED": "PartiallyFilled", "FILLED": "Filled"}
POSITION_INDEX = {"BOTH": 0, "LONG": 1, "SHORT": 2}
SIDES = {"BUY": "Buy", "SELL": "Sell"}


def order_view(exchange: Exchange, order: Order) -> Json:
    """An order with its state; avgPrice is empty before the first fill."""
    clock = exchange.clock
    view: Json = {
        "orderId": order_id(order),
        "orderLinkId": order.given_client_id,
        "blockTradeId": "",
        "symbol": order.instrument.wire_name,
        "price": plain(order.price or ZERO),
        "qty": plain(order.qty if order.quote_qty is None else order.quote_qty),
        "side": SIDES[order.side],
        "isLeverage": "0" if order.instrument.is_spot else "",
        "positionIdx": POSITION_INDEX[order.position_side],
        "orderStatus": status_of(order),
        **_ending(order),
        "avgPrice": plain(round(order.average, 8)) if order.filled else "",
        "leavesQty": plain(order.remaining if order.is_open else ZERO),
        "leavesValue": plain(_value_left(order)),
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.quote_filled),
        "cumExecFee": plain(_fee(order)),
        "cumFeeDetail": {order.fills[0].fee_asset: plain(_fee(order))} if order.fills else {},
        "timeInForce": order.time_in_force,
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        "stopOrderType": "",
        "marketUnit": _market_unit(order),
        "triggerPrice": "",
        "takeProfit": "",
        "stopLoss": "",
        "triggerDirection": 0,
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": False,
        "createdTime": str(clock.to_ms(BYBIT, order.accepted_ns)),
        "updatedTime": str(clock.to_ms(BYBIT, order.updated_ns)),
    }
    return view if order.instrument.is_spot else {**view, "createType": _BY_USER, "tpslMode": ""}


_BY_USER = "CreateByUser"


def status_of(order: Order) -> str:
    """Only spot tells an order that filled in part before it ended from one that did not fill."""
    if order.status in STATES:
        return STATES[order.status]
    in_part = order.instrument.is_spot and order.filled > 0
    return "PartiallyFilledCanceled" if in_part else "Cancelled"


def _ending(order: Order) -> Json:
    """Who cancelled it, and why."""
    if order.status == "CANCELED":
        return {"cancelType": "CancelByUser", "rejectReason": "EC_PerCancelRequest"}
    reason = "EC_NoError"
    if order.status == "EXPIRED":
        maker = order.time_in_force == "PostOnly"
        reason = "EC_PostOnlyWillTakeLiquidity" if maker else "EC_NoImmediateQtyToFill"
    return {"cancelType": "UNKNOWN", "rejectReason": reason}


def _value_left(order: Order) -> Decimal:
    return order.remaining * (order.price or ZERO) if order.is_open else ZERO


def _fee(order: Order) -> Decimal:
    return sum((fill.fee for fill in order.fills), start=ZERO)


def _market_unit(order: Order) -> str:
    if not order.instrument.is_spot or order.type != "MARKET":
        return ""
    return "baseCoin" if order.quote_qty is None else "quoteCoin"
