"""A follow's book from its copy orders, of which not all are read each time.

What a position cost on average depends on the order in which things happened, so that it cannot be
added up as each order ends. The sums of what was traded and paid can, and are (`Booked`). So a
book is kept as of some order, the orders after that are added to it, and the sums say whether
those were all: an old order that came back to life, or one that was decided late, shows. (Two such
orders that undo each other to the last digit do not, until something else is amiss: their sum is in
the book, and not how it parts into what was earned and what is open.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.books import Book, Execution, of_order
from pilotfish.domain.netting import Booked
from pilotfish.domain.orders import CopyOrder, paid

ZERO = Decimal(0)

Sums = tuple[Decimal, Decimal]
"""What is held (signed base units), and what was paid for it (quote units)."""


@dataclass(slots=True)
class Folded:
    """A follow's book with all its orders up to `until` (an order key), and none after it.

    `last_ms` is when the last of them came to its end. `sums` are by position's name.
    """

    follow_id: str
    until: str = ""
    last_ms: int = 0
    book: Book = field(default_factory=Book)
    sums: dict[str, Sums] = field(default_factory=dict)

    def agrees(self, booked: Mapping[str, Booked]) -> bool:
        """Whether it is all that was traded."""
        traded = {f"{self.follow_id}/{key}": (b.copied, b.spent) for key, b in booked.items()}
        names = self.sums.keys() | traded.keys()
        nothing = (ZERO, ZERO)
        return all(self.sums.get(name, nothing) == traded.get(name, nothing) for name in names)

    def may_go_on_with(self, orders: Sequence[CopyOrder]) -> bool:
        """Whether none of these came to its end before what is in it."""
        return all(done.at_ms >= self.last_ms for done in _executions(orders))

    def with_(self, orders: Sequence[CopyOrder]) -> "Folded":
        """With these, which all come after it, in the order in which they came to their ends."""
        book, sums = Book(dict(self.book.holdings)), dict(self.sums)
        done = sorted(_executions(orders), key=lambda each: each.at_ms)
        book.add(done)
        for each in done:
            held, spent = sums.get(each.name, (ZERO, ZERO))
            more = ZERO if each.price is None else paid(each.change, each.price)
            sums[each.name] = (held + each.change, spent + more)
        until = orders[-1].order_key if orders else self.until
        last_ms = max([self.last_ms, *(each.at_ms for each in done)])
        return Folded(self.follow_id, until, last_ms, book, sums)


def settled(orders: Sequence[CopyOrder]) -> Sequence[CopyOrder]:
    """The first of the orders (by key) that are at their ends, none of them after a later one."""
    count = next((i for i, each in enumerate(orders) if not each.state.terminal), len(orders))
    ends = [done.at_ms if (done := of_order(each)) else None for each in orders]
    later = min((at for at in ends[count:] if at is not None), default=None)
    latest: list[int] = []
    for at in ends[:count]:
        latest.append(max(at or 0, latest[-1] if latest else 0))
    while count and later is not None and latest[count - 1] > later:
        count -= 1
        at = ends[count]
        later = later if at is None else min(later, at)
    return orders[:count]


def _executions(orders: Sequence[CopyOrder]) -> list[Execution]:
    return [done for each in orders if (done := of_order(each))]
