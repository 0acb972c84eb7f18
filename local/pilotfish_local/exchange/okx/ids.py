"""How OKX names orders and bills: long numbers. Trade ids are unique within an instrument only."""

from pilotfish_local.exchange.engine.orders import Fill, Order

ORDERS = 2_500_000_000_000_000_000
BILLS = 2_600_000_000_000_000_000


def order_id(order: Order) -> str:
    """An order's id on the wire."""
    return str(ORDERS + order.id)


def order_number(text: str) -> int:
    """The book's number of an order's id; -1 when it is none of ours."""
    return int(text) - ORDERS if text.isdigit() else -1


def bill_id(fill: Fill) -> str:
    """The id of what a fill changed in the account: unique, and rising with time."""
    return str(BILLS + fill.number)


def bill_number(text: str) -> int:
    """The number of the fill that a bill is of."""
    return int(text) - BILLS if text.isdigit() else -1
