"""Find leaders: a page at a time, in an order, by what is asked of them."""

from dataclasses import asdict
from typing import Protocol

from pilotfish.domain.leaders import Leader, NoSuchLeader, Wanted
from pilotfish.domain.places import Page, Place, cursor, place_of
from pilotfish.domain.viewers import Viewer

# One query reads so many for a page: a filter that few of them pass takes more pages.
LOOKS = 300
MOST = 100


class ListedLeaders(Protocol):
    """Leaders, and the public ones in each order."""

    def get(self, leader_id: str) -> Leader | None: ...

    def listed(
        self, wanted: Wanted, after: Place | None, limit: int
    ) -> tuple[list[Leader], Place | None]:
        """So many in their order, and where the next begin; not yet filtered."""

    def place(self, leader: Leader, sort: str) -> Place:
        """Where a leader stands in an order."""


class MaySee(Protocol):
    """Whether a viewer may see a leader's trading live."""

    def __call__(self, viewer: Viewer, trader: str) -> bool: ...


class Discover:
    """Public leaders are anybody's to find; by invitation only who owns or follows one sees it."""

    def __init__(self, leaders: ListedLeaders, may_see: MaySee) -> None:
        self._leaders = leaders
        self._may_see = may_see

    def __call__(self, wanted: Wanted, after: str = "", limit: int = 20) -> Page[Leader]:
        """Raises `BadCursor`."""
        question = {"of": "leaders", **asdict(wanted)}
        place = place_of(question, after) if after else None
        read, following = self._leaders.listed(wanted, place, LOOKS)
        found = [leader for leader in read if wanted.takes(leader)]
        page = found[: min(limit, MOST)]
        if len(found) > len(page):
            following = self._leaders.place(page[-1], wanted.sort)
        return Page(page, cursor(question, following) if following else None)

    def one(self, by: Viewer, leader_id: str) -> Leader:
        """Raises `NoSuchLeader`, for one that the viewer may not know of too."""
        found = self._leaders.get(leader_id)
        if found is not None and (
            found.public or by.operator or found.owner == by.user or self._may_see(by, leader_id)
        ):
            return found
        raise NoSuchLeader(f"there is no leader {leader_id}")
