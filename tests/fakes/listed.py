"""Twins of what is listed: records by their owner, in the order of their keys."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pilotfish.domain.fills import Fill
from pilotfish.domain.filters import CopyFilter, Filter, Order
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.places import Place
from tests.fakes.tables import Tables

T = TypeVar("T")
Slice = tuple[Sequence[T], Place | None]


class MemoryRecords:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def fills(self, owner: str, asked: Filter, after: Place | None, limit: int) -> Slice[Fill]:
        owners = MemoryOwners(self._tables)
        if asked.account_id:
            some = [f for f in self._tables.fills.values() if f.account_id == asked.account_id]
        else:
            every = self._tables.fills.values()
            some = [f for f in every if owners.of_account(f.account_id) == owner]
        return _slice([((f.fill_id, f.account_id), f) for f in some], asked, after, limit)

    def orders(
        self, owner: str, asked: CopyFilter, after: Place | None, limit: int
    ) -> Slice[CopyOrder]:
        every = self._tables.orders.values()
        if asked.follow_id:
            some = [o for o in every if o.follow_id == asked.follow_id]
        else:
            some = [o for o in every if o.owner == owner]
        return _slice([((o.order_key, o.follow_id), o) for o in some], asked, after, limit)


class MemoryOwners:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of_account(self, account_id: str) -> str | None:
        account = self._tables.accounts.get(account_id)
        return None if account is None else account.owner


def _slice(
    keyed: Iterable[tuple[tuple[str, str], T]], asked: Filter, after: Place | None, limit: int
) -> Slice[T]:
    newest = asked.order is Order.NEWEST_FIRST
    since, until = asked.span
    within = sorted(
        ((key, item) for key, item in keyed if since <= key[0] <= until),
        key=lambda pair: pair[0],
        reverse=newest,
    )
    if after is not None:
        place = after.sk, after.pk
        within = [(key, item) for key, item in within if (key < place if newest else key > place)]
    some = within[:limit]
    more = len(within) > limit
    last = Place(some[-1][0][1], some[-1][0][0]) if more else None
    return [item for _, item in some], last
