"""The book: every order ever accepted and every attempt refused. It judges the tests."""

from collections import defaultdict
from itertools import count

from pilotfish_local.exchange.engine.orders import Fill, Order, Rejection

FIRST_ORDER_ID = 8_000_000_001
FIRST_PAST_FILL = -1_000_000_000


class Book:
    """An append-only record with the look-ups that the venues need."""

    def __init__(self) -> None:
        self._ids = count(FIRST_ORDER_ID)
        self._fill_numbers = count(1)
        self._past_fill_numbers = count(FIRST_PAST_FILL)
        self.orders: list[Order] = []
        self.rejections: list[Rejection] = []
        self._by_id: dict[int, Order] = {}
        self._by_client_id: dict[tuple[str, str], Order] = {}
        self._by_account: dict[str, list[Order]] = defaultdict(list)
        self._open: dict[str, dict[int, Order]] = defaultdict(dict)
        self._fills: dict[str, list[Fill]] = defaultdict(list)

    def next_order_id(self) -> int:
        """Order ids rise by one over all venues."""
        return next(self._ids)

    def next_fill_number(self) -> int:
        """Fills are numbered in the order in which they happened, over all venues."""
        return next(self._fill_numbers)

    def next_past_fill_number(self) -> int:
        """Fills of the past are numbered below all others."""
        return next(self._past_fill_numbers)

    def add(self, order: Order) -> None:
        """Record an accepted order."""
        self.orders.append(order)
        self._by_id[order.id] = order
        self._by_client_id[order.account, order.client_id] = order
        self._by_account[order.account].append(order)
        self._open[order.account][order.id] = order

    def add_fill(self, fill: Fill) -> None:
        """Record an execution, and that the order is no longer open if it was the last."""
        self._fills[fill.order.account].append(fill)
        if not fill.order.is_open:
            self.close(fill.order)

    def add_past(self, order: Order) -> None:
        """An order that was filled before the exchange was started: told, but not judged."""
        self._by_id[order.id] = order
        self._by_account[order.account].append(order)
        self._fills[order.account] += order.fills

    def put_fills_in_order(self, account: str) -> None:
        """What was recorded as past goes before what came since."""
        self._fills[account].sort(key=lambda fill: fill.at_ns)
        self._by_account[account].sort(key=lambda order: order.accepted_ns)

    def close(self, order: Order) -> None:
        """Record that an order is no longer open; its client id is free again."""
        self._open[order.account].pop(order.id, None)

    def reject(self, rejection: Rejection) -> None:
        """Record an attempt that was refused."""
        self.rejections.append(rejection)

    def by_id(self, account: str, order_id: int) -> Order | None:
        """An account's order by the venue's id."""
        order = self._by_id.get(order_id)
        return order if order is not None and order.account == account else None

    def by_client_id(self, account: str, client_id: str) -> Order | None:
        """An account's latest order with a client id."""
        return self._by_client_id.get((account, client_id))

    def of_account(self, account: str) -> list[Order]:
        """All orders of an account, oldest first."""
        return self._by_account[account]

    def open_of(self, account: str) -> list[Order]:
        """The open orders of an account, oldest first."""
        return list(self._open[account].values())

    def fills_of(self, account: str) -> list[Fill]:
        """All fills of an account, oldest first."""
        return self._fills[account]
