"""What each venue calls the orders and fills of the book; most call them by the book's numbers."""

from pilotfish_local.exchange.bybit import ids as bybit
from pilotfish_local.exchange.delta import views as delta
from pilotfish_local.exchange.engine.instruments import BYBIT, DELTA, KRAKEN, OKX
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.kraken import ids as kraken
from pilotfish_local.exchange.okx import ids as okx

ORDERS = {BYBIT: bybit.order_id, KRAKEN: kraken.order_txid, OKX: okx.order_id}
FILLS = {BYBIT: bybit.fill_id, DELTA: delta.fill_id, KRAKEN: kraken.trade_txid}


def public_order_id(order: Order) -> str:
    """An order's id as its venue tells it."""
    name = ORDERS.get(order.instrument.venue)
    return str(order.id) if name is None else name(order)


def public_fill_id(fill: Fill) -> str:
    """A fill's id as its venue tells it."""
    name = FILLS.get(fill.order.instrument.venue)
    return str(fill.trade_id) if name is None else name(fill)
