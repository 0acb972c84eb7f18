"""Lists that are sorted by what no index has: all that is asked for is read, up to a bound."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.history import line
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.places import Place
from pilotfish.domain.sorting import TooMany, Value

# One query finds the keys of so many; their records are read a hundred at a time.
SORTED = 1_000

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], Value]]

TRADES_BY: Columns[Fill] = {
    "notional": lambda fill: fill.notional,
    "quantity": lambda fill: fill.quantity,
    "price": lambda fill: fill.price,
}
COPIES_BY: Columns[CopyOrder] = {
    "notional": lambda order: order.quantity * order.reference_price,
    "quantity": lambda order: order.quantity,
    "filled": lambda order: order.filled_quantity * order.average_price,
    "took_ms": lambda order: line(order).took_ms,
}
FOLLOWS_BY: Columns[Follow] = {
    "started": lambda follow: follow.started_ms,
    "changed": lambda follow: follow.changed_ms,
    "leader": lambda follow: follow.leader_id,
    "account": lambda follow: follow.account_id,
    "venue": lambda follow: follow.venue,
    "status": lambda follow: str(follow.status),
}


def all_of(
    read: Callable[[Place | None, int], tuple[Sequence[T], Place | None]], narrower: str
) -> list[T]:
    """All that `read` has, from its beginning on; raises `TooMany`, which says what would do."""
    found: list[T] = []
    place: Place | None = None
    while True:
        some, place = read(place, SORTED + 1 - len(found))
        found += some
        if len(found) > SORTED:
            raise TooMany(f"more than {SORTED:,} cannot be sorted: {narrower}")
        if place is None:
            return found
