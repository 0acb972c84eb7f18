"""What Kraken's `executions` channel says of an order; each event is a message of its own."""

from datetime import UTC, datetime

from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.ids import order_txid, trade_txid
from pilotfish_local.exchange.kraken.listing import socket_name
from pilotfish_local.exchange.kraken.markets import Json

ENDS = {"CANCELED": "canceled", "EXPIRED": "canceled"}
REASONS = {"CANCELED": "User requested", "EXPIRED": "Unfilled"}


def instant(exchange: Exchange, at_ns: int) -> str:
    """A moment of the book in Kraken's time, as RFC 3339 with microseconds."""
    micros = exchange.clock.to_us(KRAKEN, at_ns)
    said = datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{said}.{micros % 1_000_000:06d}Z"


def reports(exchange: Exchange, event: OrderEvent) -> list[Json]:
    """The events of one thing that happened, in order.

    An order is `pending_new` before it is `new`. A trade leaves it `partially_filled`, even the
    last one; that it is filled is an event of its own.
    """
    order, fill = event.order, event.fill
    if fill is not None:
        told = [trade_report(exchange, fill)]
        return told if order.is_open else [*told, _end(exchange, order, "filled")]
    if event.execution == "NEW":
        return [order_report(exchange, order, state) for state in ("pending_new", "new")]
    return [
        {
            **_end(exchange, order, ENDS[event.execution]),
            "cancel_reason": REASONS[event.execution],
            "reason": REASONS[event.execution],
        }
    ]


def _common(order: Order) -> Json:
    found: Json = {"order_id": order_txid(order), "order_userref": 0}
    if order.given_client_id:
        found["cl_ord_id"] = order.given_client_id
    return found


def order_report(exchange: Exchange, order: Order, state: str) -> Json:
    """An order that is not filled yet."""
    report: Json = {
        **_common(order),
        "symbol": socket_name(order.instrument),
        "order_qty": float(order.qty),
        "cum_cost": 0.0,
        "time_in_force": order.time_in_force,
        "exec_type": state,
        "side": order.side.lower(),
        "order_type": order.type.lower(),
        "order_status": state,
        "fee_usd_equiv": 0.0,
        "fee_ccy_pref": "fciq",
        "timestamp": instant(exchange, order.accepted_ns),
    }
    if order.price is not None:
        report["limit_price"] = float(order.price)
        report["limit_price_type"] = "static"
    return report


def trade_report(exchange: Exchange, fill: Fill) -> Json:
    """One execution."""
    order = fill.order
    return {
        **_common(order),
        "exec_id": trade_txid(fill),
        "exec_type": "trade",
        "trade_id": fill.trade_id,
        "symbol": socket_name(order.instrument),
        "side": order.side.lower(),
        "last_qty": float(fill.qty),
        "last_price": float(fill.price),
        "liquidity_ind": "m" if fill.maker else "t",
        "cost": float(fill.qty * fill.price),
        "order_status": "partially_filled",
        "order_type": order.type.lower(),
        "timestamp": instant(exchange, fill.at_ns),
        "fee_usd_equiv": float(round(fill.fee, 5)),
        "fees": [{"asset": fill.fee_asset, "qty": float(round(fill.fee, 5))}],
    }


def _end(exchange: Exchange, order: Order, state: str) -> Json:
    fee = sum((fill.fee for fill in order.fills), ZERO)
    return {
        **_common(order),
        "timestamp": instant(exchange, order.updated_ns),
        "order_status": state,
        "exec_type": state,
        "cum_qty": float(order.filled),
        "cum_cost": float(order.quote_filled),
        "fee_usd_equiv": float(round(fee, 5)),
        "avg_price": float(order.average),
    }
