"""Trades and copies as lists, a page at a time, each page within a bounded number of reads."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from pilotfish.domain.fills import Fill
from pilotfish.domain.filters import CopyFilter, Filter, TradeFilter
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.places import Page, Place, cursor, place_of
from pilotfish.domain.sorting import Column, Sorting, sorted_page
from pilotfish.usecases.sorted_lists import COPIES_BY, TRADES_BY, all_of

# Records that one page looks through at the most: a filter that few of them pass takes more pages.
LOOKS = 1_000
SLICE = 100
MOST = 200

NARROWER = "name a shorter period with since_ms and until_ms"

T = TypeVar("T")
Slice = tuple[Sequence[T], Place | None]
"""Records, and where the next ones begin; None: there are none."""


class Records(Protocol):
    """What is listed, by whose it is or by one account or follow; one query for each slice."""

    def fills(self, owner: str, asked: Filter, after: Place | None, limit: int) -> Slice[Fill]:
        """Of all the owner's accounts, or of `asked.account_id` alone."""

    def orders(
        self, owner: str, asked: CopyFilter, after: Place | None, limit: int
    ) -> Slice[CopyOrder]:
        """Of all the owner's follows, or of `asked.follow_id` alone."""


class Owners(Protocol):
    """Whose accounts are."""

    def of_account(self, account_id: str) -> str | None: ...


class NotTheirs(LookupError):
    """There is no such account of theirs: nobody learns whether it is somebody else's."""


class Lists:
    """An owner's records and nobody else's; an operator is given the owner's name by the caller."""

    def __init__(self, *, records: Records, owners: Owners) -> None:
        self._records = records
        self._owners = owners

    def trades(
        self,
        owner: str,
        asked: TradeFilter,
        after: str = "",
        limit: int = 50,
        sorting: Sorting | None = None,
    ) -> Page[Fill]:
        """In the order of the trades, or sorted; raises `BadCursor`, `NotTheirs` and `TooMany`."""
        self.require(owner, asked.account_id)

        def read(place: Place | None, most: int) -> Slice[Fill]:
            return self._records.fills(owner, asked, place, most)

        if sorting is not None:
            column = Column(TRADES_BY[sorting.by], lambda fill: f"{fill.account_id}/{fill.fill_id}")
            return _sorted(read, asked.takes, column, sorting, asked, after, limit)
        return _page(
            read,
            asked.takes,
            lambda fill: Place(fill.account_id, fill.fill_id),
            asked,
            after,
            min(limit, MOST),
        )

    def copies(
        self,
        owner: str,
        asked: CopyFilter,
        after: str = "",
        limit: int = 50,
        sorting: Sorting | None = None,
    ) -> Page[CopyOrder]:
        """As `trades`; a follow of somebody else's is an empty list."""
        self.require(owner, asked.account_id)

        def read(place: Place | None, most: int) -> Slice[CopyOrder]:
            """A follow has one owner: of somebody else's not even a cursor is told."""
            orders, following = self._records.orders(owner, asked, place, most)
            theirs = [order for order in orders if order.owner == owner]
            return theirs, following if len(theirs) == len(orders) else None

        if sorting is not None:
            column = Column(COPIES_BY[sorting.by], lambda order: order.order_id)
            return _sorted(read, asked.takes, column, sorting, asked, after, limit)
        return _page(
            read,
            asked.takes,
            lambda order: Place(order.follow_id, order.order_key),
            asked,
            after,
            min(limit, MOST),
        )

    def every_trade(self, owner: str, asked: TradeFilter) -> Iterator[Fill]:
        """All of them, read as they are taken."""
        return _all(lambda after: self.trades(owner, asked, after, MOST))

    def every_copy(self, owner: str, asked: CopyFilter) -> Iterator[CopyOrder]:
        """All of them, read as they are taken."""
        return _all(lambda after: self.copies(owner, asked, after, MOST))

    def require(self, owner: str, account_id: str) -> None:
        """Raises `NotTheirs` for an account that is not the owner's; empty names none."""
        if account_id and self._owners.of_account(account_id) != owner:
            raise NotTheirs(f"there is no account {account_id}")


def _page(
    read: Callable[[Place | None, int], Slice[T]],
    takes: Callable[[T], bool],
    place_of_item: Callable[[T], Place],
    asked: Filter,
    after: str,
    limit: int,
) -> Page[T]:
    place = place_of(asked.question, after) if after else None
    found: list[T] = []
    looked = 0
    while True:
        most = SLICE if looked else min(SLICE, limit + 1)  # Without a filter that is the page.
        items, place = read(place, most)
        looked += most
        for item in items:
            if not takes(item):
                continue
            if len(found) == limit:  # There is one more: the next page begins behind the last.
                return Page(found, cursor(asked.question, place_of_item(found[-1])))
            found.append(item)
        if place is None:
            return Page(found, None)
        if looked >= LOOKS:
            return Page(found, cursor(asked.question, place))


def _sorted(
    read: Callable[[Place | None, int], Slice[T]],
    takes: Callable[[T], bool],
    column: Column,
    sorting: Sorting,
    asked: Filter,
    after: str,
    limit: int,
) -> Page[T]:
    """The bound is of what is read, so that it says how long a period may be, whoever filters."""
    found = [item for item in all_of(read, NARROWER) if takes(item)]
    return sorted_page(found, column, sorting, asked.question, after, min(limit, MOST))


def _all(page: Callable[[str], Page[T]]) -> Iterator[T]:
    after: str | None = ""
    while after is not None:
        some = page(after)
        yield from some.items
        after = some.next
