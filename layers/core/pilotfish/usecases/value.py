"""A user's book, and what it is worth when somebody asks."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from pilotfish.domain.books import Book
from pilotfish.domain.messages import PortfolioUpdate, PositionUpdate, RiskUpdate
from pilotfish.domain.valuing import Quotes, Valued
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock


class KnownQuotes(Protocol):
    """The last prices that were shown to anybody."""

    def of(self, markets: Iterable[tuple[str, str]]) -> Quotes:
        """By venue and symbol; what nobody looked at lately is missing."""


class Books(Protocol):
    """Users' books."""

    def of_user(self, user: str) -> Book:
        """As of now."""


class Funds(Protocol):
    """Users' wallets."""

    def of_user(self, user: str) -> Sequence[Wallet]:
        """As they were read last."""


class Highest(Protocol):
    """The most that each user's copies ever stood at."""

    def of(self, user: str, now_ms: int) -> Decimal | None: ...

    def raise_to(self, user: str, total: Decimal, now_ms: int) -> None:
        """Never lower."""


class Value:
    """For who asks once, not for who wants to hear."""

    def __init__(
        self,
        *,
        books: Books,
        wallets: Funds,
        quotes: KnownQuotes,
        highest: Highest,
        clock: Clock,
    ) -> None:
        self._books = books
        self._wallets = wallets
        self._quotes = quotes
        self._highest = highest
        self._clock = clock

    def positions(self, viewer: Viewer) -> PositionUpdate:
        """What the user holds now."""
        now_ms = self._clock()
        return self._valued(viewer, now_ms, ()).positions(now_ms)

    def portfolio(self, viewer: Viewer) -> PortfolioUpdate:
        """What it is worth."""
        now_ms = self._clock()
        wallets = self._wallets.of_user(viewer.user)
        return self._valued(viewer, now_ms, wallets).portfolio(now_ms)

    def risk(self, viewer: Viewer) -> RiskUpdate:
        """What may be lost, and how far below its best it stands."""
        now_ms = self._clock()
        worth = self._valued(viewer, now_ms, ())
        before = self._highest.of(viewer.user, now_ms)
        if before is None or worth.total > before:
            self._highest.raise_to(viewer.user, worth.total, now_ms)
        highest = worth.total if before is None else max(before, worth.total)
        return worth.risk(now_ms, highest)

    def _valued(self, viewer: Viewer, now_ms: int, wallets: Sequence[Wallet]) -> Valued:
        book = self._books.of_user(viewer.user)
        markets = book.markets.union(*(wallet.markets for wallet in wallets))
        return Valued(book, self._quotes.of(markets), now_ms, wallets)
