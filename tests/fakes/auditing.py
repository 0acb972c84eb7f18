"""Twins of what a person asks for: the history of orders, and their replay."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import FAILED, CopyOrder, Event, State, advanced, paid
from pilotfish.ports import LedgerConflict, LedgerKey
from tests.fakes.copying import take_effect
from tests.fakes.tables import Tables


class MemoryAudit:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of_follow(self, follow_id: str, since_ms: int, limit: int) -> list[CopyOrder]:
        return self._traded(lambda order: order.follow_id == follow_id, since_ms)[-limit:]

    def of_leader(self, leader_id: str, since_ms: int, limit: int) -> list[CopyOrder]:
        return self._traded(lambda order: order.leader_id == leader_id, since_ms)[-limit:]

    def in_state(self, state: State, since_ms: int, limit: int) -> list[CopyOrder]:
        if state.terminal and state not in FAILED:
            raise ValueError(f"{state} orders are found by their leader or follow")
        return self._moved((state,), since_ms)[-limit:]

    def failed_since(self, since_ms: int, limit: int) -> list[CopyOrder]:
        return self._moved(FAILED, since_ms)[:limit]

    def _traded(self, wanted: Callable[[CopyOrder], bool], since_ms: int) -> list[CopyOrder]:
        orders = [o for o in self._tables.orders.values() if wanted(o) and o.traded_ms >= since_ms]
        return sorted(orders, key=lambda order: (order.fill_id, order.order_id))

    def _moved(self, states: Iterable[State], since_ms: int) -> list[CopyOrder]:
        orders = [order for order in self._tables.orders.values() if order.state in states]
        moved = [order for order in orders if order.history[-1].at_ms >= since_ms]
        return sorted(moved, key=lambda order: (order.history[-1].at_ms, order.order_id))


class MemoryReplays:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def reopen(
        self, key: LedgerKey, ledger: Ledger, before: CopyOrder, after: CopyOrder
    ) -> CopyOrder | None:
        place = before.follow_id, before.order_key
        if self._tables.orders[place].revision != before.revision:
            return None
        stored = self._tables.ledgers.get(key)
        if stored is not None and stored.revision != ledger.revision - 1:
            raise LedgerConflict(str(key))
        after = advanced(before, after, after.answered_ms)
        self._tables.ledgers[key] = ledger
        self._tables.orders[place] = after
        take_effect(self._tables, before, after)
        return after


class MemoryDrifts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def accept(
        self,
        key: LedgerKey,
        ledger: Ledger,
        copied: Decimal,
        record: CopyOrder,
        restored: CopyOrder | None = None,
    ) -> bool:
        stored = self._tables.ledgers.get(key)
        position = record.follow_id, record.position_key
        if stored is not None and stored.revision != ledger.revision - 1:
            return False
        books, change = self._tables.books_of(record), record.side.sign * record.quantity
        if (books.copied, books.closable) != (copied, copied):
            return False
        self._tables.ledgers[key] = ledger
        self._tables.booked[position] = replace(
            books,
            copied=copied + change,
            closable=copied + change,
            exposed=books.exposed + change,
            written_off=books.written_off + paid(-change, record.reference_price),
        )
        for order in (record, restored):
            if order is not None:
                event = Event(order.decided_ms, order.state, order.reason)
                place = order.follow_id, order.order_key
                self._tables.orders[place] = replace(order, history=(event,))
        return True
