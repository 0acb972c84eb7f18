"""Watchlists: a user's own, and nobody else ever learns of one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pilotfish.domain.watchlists import (
    MOST_LISTS,
    Watchlist,
    checked_markets,
    checked_name,
)
from pilotfish.ports import Clock


class Watchlists(Protocol):
    """Every change is one write from a known revision."""

    def of(self, owner: str) -> Sequence[Watchlist]:
        """By their ids, which are in the order of creation."""

    def get(self, owner: str, watchlist_id: str) -> Watchlist | None: ...

    def put(self, watchlist: Watchlist) -> bool:
        """Revision 1 is new; any other follows the stored one. False: it does not."""

    def delete(self, owner: str, watchlist_id: str) -> bool:
        """False when there is none."""


class NoSuchWatchlist(LookupError):
    """The owner has none of that id."""


class TooManyWatchlists(ValueError):
    """One has to go first."""


class ChangedMeanwhile(Exception):
    """Somebody else changed it since it was read."""


class WatchMarkets:
    """Every call is about the owner's lists alone."""

    def __init__(self, *, watchlists: Watchlists, clock: Clock, new_id: Callable[[], str]) -> None:
        self._watchlists = watchlists
        self._clock = clock
        self._new_id = new_id

    def all(self, owner: str) -> Sequence[Watchlist]:
        """The oldest first."""
        return self._watchlists.of(owner)

    def get(self, owner: str, watchlist_id: str) -> Watchlist:
        """Raises `NoSuchWatchlist`."""
        found = self._watchlists.get(owner, watchlist_id)
        if found is None:
            raise NoSuchWatchlist(watchlist_id)
        return found

    def create(self, owner: str, name: str, markets: Sequence[str]) -> Watchlist:
        """Raises `BadWatchlist` and `TooManyWatchlists`."""
        now_ms = self._clock()
        made = Watchlist(
            owner=owner,
            watchlist_id=f"{now_ms:013d}-{self._new_id()}",
            name=checked_name(name),
            markets=checked_markets(markets),
            created_ms=now_ms,
            changed_ms=now_ms,
        )
        if len(self._watchlists.of(owner)) >= MOST_LISTS:
            raise TooManyWatchlists(f"you have {MOST_LISTS} watchlists: delete one first")
        self._watchlists.put(made)
        return made

    def change(
        self,
        owner: str,
        watchlist_id: str,
        revision: int,
        name: str | None = None,
        markets: Sequence[str] | None = None,
    ) -> Watchlist:
        """Raises `BadWatchlist`, `NoSuchWatchlist` and `ChangedMeanwhile`."""
        before = self.get(owner, watchlist_id)
        after = before.changed(name, markets, self._clock())
        if before.revision != revision or not self._watchlists.put(after):
            raise ChangedMeanwhile(watchlist_id)
        return after

    def delete(self, owner: str, watchlist_id: str) -> None:
        """Raises `NoSuchWatchlist`."""
        if not self._watchlists.delete(owner, watchlist_id):
            raise NoSuchWatchlist(watchlist_id)
