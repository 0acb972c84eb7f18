"""How Bybit names orders and executions: UUIDs on perpetuals, long numbers on spot."""

from uuid import UUID

from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.engine.stops import Stop

SPOT_ORDERS = 2_000_000_000_000_000_000
SPOT_FILLS = 2_290_000_000_000_000_000
LOW_BITS = (1 << 62) - 1


def _uuid(high: int, low: int) -> str:
    return str(UUID(int=(high << 80) | (4 << 76) | (0b10 << 62) | low))


def order_id(order: Order | Stop) -> str:
    """An order's id on the wire, of one that waits too."""
    return str(SPOT_ORDERS + order.id) if order.instrument.is_spot else _uuid(0xB1B17, order.id)


def order_number(text: str) -> int:
    """The book's number of an order's id; -1 when it is none of ours."""
    if text.isdigit():
        return int(text) - SPOT_ORDERS
    try:
        return UUID(text).int & LOW_BITS
    except ValueError:
        return -1


def fill_id(fill: Fill) -> str:
    """An execution's id: unique over all symbols, as trade ids of the book are not."""
    order = fill.order
    if order.instrument.is_spot:
        return str(SPOT_FILLS + (order.id % 10**9) * 10**6 + fill.trade_id % 10**6)
    return _uuid(order.id, fill.trade_id)
