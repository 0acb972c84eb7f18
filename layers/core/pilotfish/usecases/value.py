"""A user's book, and what it is worth when somebody asks."""

from collections.abc import Iterable
from typing import Protocol

from pilotfish.domain.books import Book, of_fill, of_order
from pilotfish.domain.messages import PortfolioUpdate, PositionUpdate
from pilotfish.domain.valuing import Quotes, Valued
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock, Own

ALL = ("0", "~")


class KnownQuotes(Protocol):
    """The last prices that were shown to anybody."""

    def of(self, markets: Iterable[tuple[str, str]]) -> Quotes:
        """By venue and symbol; what nobody looked at lately is missing."""


def book_of(own: Own, user: str) -> Book:
    """All that was executed on the user's leaders' accounts and for the user's follows."""
    accounts, follows = own.accounts(user), own.follows(user)
    fills = [f for each in accounts for f in own.fills(each, *ALL, None, newest=False)]
    orders = [o for each in follows for o in own.orders(each, *ALL, None, newest=False)]
    done = [of_fill(fill) for fill in sorted(fills, key=lambda f: f.number) if not fill.history]
    copied = sorted((each for o in orders if (each := of_order(o))), key=lambda each: each.at_ms)
    book = Book()
    book.add([*done, *copied])
    return book


class Value:
    """Reads the whole book at every call: for who asks once, not for who wants to hear."""

    def __init__(self, *, own: Own, quotes: KnownQuotes, clock: Clock) -> None:
        self._own = own
        self._quotes = quotes
        self._clock = clock

    def positions(self, viewer: Viewer) -> PositionUpdate:
        """What the user holds now."""
        now_ms = self._clock()
        return self._valued(viewer, now_ms).positions(now_ms)

    def portfolio(self, viewer: Viewer) -> PortfolioUpdate:
        """What it is worth."""
        now_ms = self._clock()
        return self._valued(viewer, now_ms).portfolio(now_ms)

    def _valued(self, viewer: Viewer, now_ms: int) -> Valued:
        book = book_of(self._own, viewer.user)
        return Valued(book, self._quotes.of(book.markets), now_ms)
