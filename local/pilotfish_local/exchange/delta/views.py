"""Delta's orders and fills as JSON."""

from datetime import UTC, datetime

from pilotfish_local.exchange.delta.products import Json, brief_product
from pilotfish_local.exchange.engine.decimals import ZERO, plain
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange

STATES = {"NEW": "open", "PARTIALLY_FILLED": "open", "FILLED": "closed"}


def iso(exchange: Exchange, at_ns: int) -> str:
    """A moment of the book in Delta's time, as ISO 8601 with microseconds."""
    seconds = exchange.clock.to_us(DELTA, at_ns) / 1e6
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:26] + "Z"


def order_view(exchange: Exchange, order: Order) -> Json:
    """An order as Delta returns it."""
    paid = sum((fill.fee for fill in order.fills), start=ZERO)
    return {
        "id": order.id,
        "client_order_id": order.client_id,
        "product_id": order.instrument.product_id,
        "product_symbol": order.instrument.symbol,
        "side": order.side.lower(),
        "order_type": f"{order.type.lower()}_order",
        "size": int(order.qty),
        "unfilled_size": int(order.remaining),
        "limit_price": plain(order.price) if order.price is not None else None,
        "average_fill_price": plain(round(order.average, 8)) if order.filled else None,
        "state": STATES.get(order.status, "cancelled"),
        # What Delta says of the rest of an IOC order is not documented.
        "cancellation_reason": "cancelled_by_user" if order.status == "CANCELED" else None,
        "reduce_only": order.reduce_only,
        "time_in_force": order.time_in_force.lower(),
        "commission": "0",
        "paid_commission": plain(paid),
        "stop_order_type": None,
        "stop_price": None,
        "bracket_order": None,
        "close_on_trigger": "false",
        "meta_data": {"source": "api"},
        "created_at": iso(exchange, order.accepted_ns),
        "updated_at": iso(exchange, order.updated_ns),
    }


def fill_id(fill: Fill) -> str:
    """A fill's id: text, and unique over all products."""
    return f"{fill.order.instrument.product_id:08x}{fill.trade_id:024x}"


def fill_view(exchange: Exchange, fill: Fill) -> Json:
    """A fill as /v2/fills returns it; its id is text."""
    order = fill.order
    return {
        "id": fill_id(fill),
        "order_id": str(order.id),
        "client_order_id": order.client_id,
        "product_id": order.instrument.product_id,
        "product_symbol": order.instrument.symbol,
        "product": brief_product(order.instrument),
        "side": order.side.lower(),
        "size": int(fill.qty),
        "price": plain(fill.price),
        "role": "maker" if fill.maker else "taker",
        "commission": plain(fill.fee),
        "fill_type": "normal",
        "meta_data": {
            "order_type": f"{order.type.lower()}_order",
            "order_size": int(order.qty),
            "order_unfilled_size": int(order.remaining),
        },
        "created_at": iso(exchange, fill.at_ns),
    }
