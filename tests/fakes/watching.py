"""The twin of watchlists."""

from pilotfish.domain.watchlists import Watchlist


class MemoryWatchlists:
    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], Watchlist] = {}

    def of(self, owner: str) -> list[Watchlist]:
        return [each for (whose, _), each in sorted(self._lists.items()) if whose == owner]

    def get(self, owner: str, watchlist_id: str) -> Watchlist | None:
        return self._lists.get((owner, watchlist_id))

    def put(self, watchlist: Watchlist) -> bool:
        before = self.get(watchlist.owner, watchlist.watchlist_id)
        if (before.revision if before else 0) != watchlist.revision - 1:
            return False
        self._lists[watchlist.owner, watchlist.watchlist_id] = watchlist
        return True

    def delete(self, owner: str, watchlist_id: str) -> bool:
        return self._lists.pop((owner, watchlist_id), None) is not None
