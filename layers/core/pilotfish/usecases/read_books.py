"""Users' books, read with a number of reads that does not grow with their history."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pilotfish.domain.books import Book, Holding, of_leader
from pilotfish.domain.folding import Folded, settled
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.netting import Booked
from pilotfish.domain.orders import CopyOrder
from pilotfish.ports import Own

FIRST, LAST = "0", "~"
# So many orders are read again each time rather than kept as a part of the book.
TAIL = 25
# An order may come to its end between the two things that are compared.
ATTEMPTS = 3


class Positions(Protocol):
    """What leaders hold, and the sums of what follows traded."""

    def of_account(self, account_id: str) -> Holdings | None: ...

    def of_follow(self, follow_id: str) -> Mapping[str, Booked]: ...


class KeptBooks(Protocol):
    """Books as of some order, by follow. What is lost is read from the orders again."""

    def of(self, follow_ids: Iterable[str]) -> Mapping[str, Folded]: ...

    def save(self, folded: Folded) -> None: ...


class ReadBooks:
    """One query for a leader's account; for a follow two, and a part of one call for all."""

    def __init__(self, *, own: Own, positions: Positions, kept: KeptBooks) -> None:
        self._own = own
        self._positions = positions
        self._kept = kept

    def of_user(self, user: str) -> Book:
        """All of the user's positions, by name."""
        book = Book()
        for account_id in self._own.accounts(user):
            book.holdings |= _by_name(self.of_account(account_id))
        for holdings in self.of_follows(self._own.follows(user)).values():
            book.holdings |= _by_name(holdings)
        return book

    def of_account(self, account_id: str) -> list[Holding]:
        """What a leader holds; nothing of who never led."""
        holdings = self._positions.of_account(account_id)
        return [] if holdings is None else of_leader(account_id, holdings)

    def of_follows(self, follow_ids: Iterable[str]) -> dict[str, list[Holding]]:
        """By follow, closed positions too."""
        wanted = list(follow_ids)
        kept = self._kept.of(wanted) if wanted else {}
        return {
            follow: list(self._folded(follow, kept.get(follow)).book.holdings.values())
            for follow in wanted
        }

    def _folded(self, follow_id: str, kept: Folded | None) -> Folded:
        """From what is kept while that agrees with the sums, else from all orders."""
        folded = Folded(follow_id)
        for _ in range(ATTEMPTS):
            booked = self._positions.of_follow(follow_id)
            if not booked:
                return Folded(follow_id)
            for start in (Folded(follow_id),) if kept is None else (kept, Folded(follow_id)):
                orders = self._after(start)
                folded = start.with_(orders)
                if start.may_go_on_with(orders) and folded.agrees(booked):
                    self._keep(start, settled(orders))
                    return folded
        return folded

    def _after(self, start: Folded) -> Sequence[CopyOrder]:
        since = f"{start.until}!" if start.until else FIRST  # Sorts right after it.
        return self._own.orders(start.follow_id, since, LAST, None, newest=False)

    def _keep(self, start: Folded, old: Sequence[CopyOrder]) -> None:
        if len(old) > TAIL:
            self._kept.save(start.with_(old))


def _by_name(holdings: Iterable[Holding]) -> dict[str, Holding]:
    return {held.name: held for held in holdings}
