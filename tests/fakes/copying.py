"""Twins of what mapper and executor work on: follows, ledgers, copy orders and the saga."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotReady
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.limits import Exposure, Standing
from pilotfish.domain.netting import Booked, Ledger, booked_after
from pilotfish.domain.orders import (
    CLAIMABLE,
    CopyOrder,
    Effect,
    Event,
    Leg,
    Reason,
    State,
    advanced,
    effect_of_step,
)
from pilotfish.domain.venue_ids import market_venue
from pilotfish.ports import Clock, LedgerConflict, LedgerKey, PositionMoved, Roll
from tests.fakes.tables import Tables

ZERO = Decimal(0)
CHANGING = ("status", "rules", "closing", "closing_ms", "changed_ms")


class MemoryAccounts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, account_id: str) -> Account | None:
        return self._tables.accounts.get(account_id)

    def leaders(self, shard: str) -> list[Account]:
        accounts = self._tables.accounts.values()
        return [a for a in accounts if a.enabled and a.listen_shard == shard]

    def save(self, account: Account) -> None:
        before = self._tables.accounts.get(account.account_id, account)
        kept = replace(account, follows_revision=before.follows_revision)
        self._tables.accounts[account.account_id] = kept


class MemoryFollows:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of_leader(self, leader_id: str) -> list[Follow]:
        follows = self._tables.follows.values()
        return [f for f in follows if f.leader_id == leader_id and f.live]

    def ever_of_leader(self, leader_id: str) -> Roll:
        follows = [f for f in self._tables.follows.values() if f.leader_id == leader_id]
        return Roll(self._tables.follows_revision[leader_id], follows)

    def pin(self, leader_id: str, revision: int, pinned: Mapping[str, Mapping[str, str]]) -> bool:
        if self._tables.follows_revision[leader_id] != revision:
            return False
        for follow_id, found in pinned.items():
            follow = self._tables.follows[leader_id, follow_id]
            self.save(replace(follow, pinned=dict(found)))
        return True

    def get(self, leader_id: str, follow_id: str) -> Follow | None:
        return self._tables.follows.get((leader_id, follow_id))

    def change(self, before: Follow, after: Follow) -> bool:
        stored = self.get(before.leader_id, before.follow_id)
        if stored is None or stored.version != before.version:
            return False
        changes = {name: getattr(after, name) for name in CHANGING}
        changed = replace(stored, version=before.version + 1, **changes)
        self.save(changed)
        return True

    def ending(self, before_ms: int, limit: int) -> list[Follow]:
        looks = self._tables.follow_looks
        found = [
            (looks[key], follow)
            for key, follow in self._tables.follows.items()
            if follow.ending and looks[key] <= before_ms
        ]
        return [follow for _, follow in sorted(found, key=lambda pair: pair[0])][:limit]

    def look_again(self, follow: Follow, at_ms: int) -> None:
        self._tables.follow_looks[follow.leader_id, follow.follow_id] = at_ms

    def save(self, follow: Follow) -> None:
        self._tables.follow_looks[follow.leader_id, follow.follow_id] = follow.changed_ms
        self._tables.follows[follow.leader_id, follow.follow_id] = follow
        self._tables.follows_revision[follow.leader_id] += 1

    def save_all(self, follows: list[Follow]) -> None:
        for follow in follows:
            self.save(follow)


class MemoryInstruments:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of_venue(self, venue: str) -> Mapping[str, Instrument]:
        venue = market_venue(venue)
        if venue not in self._tables.instruments:
            raise NotReady(f"the instruments of {venue} are not published yet")
        return self._tables.instruments[venue]

    def publish(self, venue: str, instruments: Sequence[Instrument], now_ms: int) -> None:
        self._tables.instruments[venue] = {i.symbol: i for i in instruments}


class MemoryLedgers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def load(self, key: LedgerKey, *, fresh: bool) -> Ledger | None:
        return self._tables.ledgers.get(key)

    def commit(self, key: LedgerKey, ledger: Ledger, orders: Sequence[CopyOrder]) -> bool:
        if any(_key(order) in self._tables.orders for order in orders):
            return False
        stored = self._tables.ledgers.get(key)
        if stored is not None and stored.revision != ledger.revision - 1:
            raise LedgerConflict(str(key))
        self._tables.ledgers[key] = ledger
        for order in orders:
            planned = Event(order.decided_ms, order.state, order.reason)
            self._tables.orders[_key(order)] = replace(order, history=(planned,))
        return True


class MemoryOrders:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def claim(
        self, order: CopyOrder, quantity: Decimal, now_ms: int, standing: Standing | None = None
    ) -> CopyOrder | None:
        if order.state not in CLAIMABLE or not self._current(order):
            return None
        follow = self._tables.follows.get((order.leader_id, order.follow_id))
        if order.leg is Leg.ENTRY and not (follow and follow.active):
            reason = Reason.FOLLOW_STOPPED
            stopped = replace(order, state=State.SKIPPED, reason=reason, answered_ms=now_ms)
            await self.record(order, stopped)
            return None
        claimed = replace(
            order,
            state=State.SENT,
            reason="",
            sent_quantity=quantity,
            sent_ms=now_ms,
            answered_ms=0,
            attempts=order.attempts + 1,
        )
        if not _enough(self._tables.books_of(order), claimed):
            raise PositionMoved(order.position_key)
        if standing is not None:
            now = self._tables.standings.get(order.follow_id, Standing())
            if now.revision != standing.revision:
                raise PositionMoved(order.follow_id)
            after = replace(standing, exposures={}).after(order, now_ms)
            self._tables.standings[order.follow_id] = after
        self._tables.orders[_key(order)] = claimed = advanced(order, claimed, now_ms)
        take_effect(self._tables, order, claimed)
        return claimed

    async def record(self, before: CopyOrder, after: CopyOrder) -> CopyOrder | None:
        if not self._current(before):
            return None
        after = advanced(before, after, after.answered_ms)
        self._tables.orders[_key(after)] = after
        take_effect(self._tables, before, after)
        return after

    async def booked(self, order: CopyOrder) -> Booked:
        return self._tables.books_of(order)

    async def standing(self, order: CopyOrder) -> Standing:
        marks = self._tables.marks
        exposures = {
            key: Exposure(books.exposed, *marks.get((follow_id, key), (None, ZERO)))
            for (follow_id, key), books in self._tables.booked.items()
            if follow_id == order.follow_id
        }
        standing = self._tables.standings.get(order.follow_id, Standing())
        await asyncio.sleep(0)  # Others go on while it is read.
        return replace(standing, exposures=exposures)

    def get(self, follow_id: str, order_key: str) -> CopyOrder | None:
        return self._tables.orders.get((follow_id, order_key))

    def under_way(self, leader_id: str, *, waiting: bool = False) -> set[tuple[str, str]]:
        orders = [o for o in self._tables.orders.values() if o.leader_id == leader_id]
        left = [o for o in orders if (o.state is State.WAITING if waiting else _under_way(o))]
        return {(order.follow_id, order.position_key) for order in left}

    def stale(self, before_ms: int, limit: int = 100) -> list[CopyOrder]:
        orders = self._tables.orders.values()
        left = [o for o in orders if _under_way(o) and _moved_ms(o) < before_ms]
        return sorted(left, key=_moved_ms)[:limit]

    def _current(self, order: CopyOrder) -> bool:
        stored = self._tables.orders.get(_key(order))
        return stored is not None and stored.revision == order.revision


class MemoryWaits:
    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    def waiting(self, limit: int) -> list[CopyOrder]:
        found = [o for o in self._tables.orders.values() if o.state is State.WAITING]
        return sorted(found, key=_moved_ms)[:limit]

    def move(
        self, key: LedgerKey, ledger: Ledger, steps: Sequence[tuple[CopyOrder, CopyOrder]]
    ) -> bool:
        orders = self._tables.orders
        if any(orders[_key(before)].revision != before.revision for before, _ in steps):
            return False
        stored = self._tables.ledgers.get(key)
        if stored is not None and stored.revision != ledger.revision - 1:
            raise LedgerConflict(str(key))
        self._tables.ledgers[key] = ledger
        for before, changed in steps:
            orders[_key(before)] = after = advanced(before, changed, self._clock())
            take_effect(self._tables, before, after)
        return True


def take_effect(tables: Tables, before: CopyOrder, order: CopyOrder) -> None:
    """What a transition changes for the position of its follow."""
    change = effect_of_step(before, order)
    if change == Effect():
        return
    price = order.average_price or order.reference_price
    if change.exposed and order.leg is Leg.ENTRY and price:
        tables.marks[order.follow_id, order.position_key] = price, order.lot
    books = tables.books_of(order)
    tables.booked[order.follow_id, order.position_key] = booked_after(books, order, change)


def _enough(books: Booked, claimed: CopyOrder) -> bool:
    """Whether nobody else took what a claim wants to close or to open."""
    sign, quantity = claimed.side.sign, claimed.sent_quantity
    if claimed.leg is Leg.EXIT:
        return -sign * books.closable >= quantity
    return claimed.most is None or sign * books.exposed + quantity <= claimed.most


class MemoryRetries:
    """Executions of the saga by name; the same revision of an order starts one."""

    def __init__(self) -> None:
        self.started: dict[str, CopyOrder] = {}

    def start(self, order: CopyOrder) -> None:
        self.started.setdefault(f"{order.client_order_id}-{order.revision}", order)


class MemoryExitSyncs:
    """Executions of the saga by fill; an exit starts one."""

    def __init__(self) -> None:
        self.started: dict[tuple[str, str], Fill] = {}
        self.late: set[str] = set()

    def start(self, fill: Fill, *, late: bool) -> None:
        self.started.setdefault((fill.account_id, fill.fill_id), fill)
        if late:
            self.late.add(fill.fill_id)


def _under_way(order: CopyOrder) -> bool:
    return not order.state.terminal and order.state is not State.WAITING


def _moved_ms(order: CopyOrder) -> int:
    return order.history[-1].at_ms


def _key(order: CopyOrder) -> tuple[str, str]:
    return order.follow_id, order.order_key
