"""What a leader's orders have opened of a position, order by order, as their fills come in."""

from collections.abc import Sequence
from decimal import Decimal

Opened = tuple[tuple[str, Decimal], ...]
"""Order id and base units (more than 0), the order that opened last at the end."""

# A leader's orders of one position that are being filled at the same time, told apart.
TOLD_APART = 8


def opened_by(orders: Opened, order_id: str) -> Decimal:
    """How much an order has opened; one without an id is an order of its own with each fill."""
    return next((opened for name, opened in orders if order_id and name == order_id), Decimal(0))


def with_opened(orders: Opened, order_id: str, quantity: Decimal) -> Opened:
    """With what a fill of an order opens (base units, 0 or more)."""
    if not quantity or not order_id:
        return orders
    others = tuple(each for each in orders if each[0] != order_id)
    return (*others, (order_id, opened_by(orders, order_id) + quantity))[-TOLD_APART:]


def texts(orders: Opened) -> list[str]:
    """As they are stored."""
    return [f"{opened} {order_id}" for order_id, opened in orders]


def from_texts(stored: Sequence[str]) -> Opened:
    """As they were stored."""
    parts = (text.partition(" ") for text in stored)
    return tuple((order_id, Decimal(opened)) for opened, _, order_id in parts)
