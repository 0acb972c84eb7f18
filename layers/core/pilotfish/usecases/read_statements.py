"""What follows owe their leaders: the months that are over, and the one that runs."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pilotfish.domain.fees import Statement
from pilotfish.domain.places import Page, Place, cursor, place_of
from pilotfish.ports import FeeStatements

MOST = 100

Read = Callable[[str, str, Place | None, int], tuple[Sequence[Statement], Place | None]]


class ReadStatements:
    """As a follower, what one owes; as a leader, what is owed by whom: follows, and no names.

    The newest month first; a page is one query.
    """

    def __init__(self, statements: FeeStatements) -> None:
        self._statements = statements

    def owed_by(
        self, owner: str, month: str = "", after: str = "", limit: int = 50
    ) -> Page[Statement]:
        """By all accounts of the owner's, of all months or of one; raises `BadCursor`."""
        return _page(self._statements.owed_by, "owed", owner, month, after, limit)

    def owed_to(
        self, owner: str, month: str = "", after: str = "", limit: int = 50
    ) -> Page[Statement]:
        """To all leaders of the owner's; only what is settled: the month that runs is not."""
        page = _page(self._statements.owed_to, "earned", owner, month, after, limit)
        unnamed = [replace(each, account_id="", owner="") for each in page.items]
        return Page(unnamed, page.next)


def _page(read: Read, side: str, owner: str, month: str, after: str, limit: int) -> Page[Statement]:
    question = {"of": side, "owner": owner, "month": month}
    place = place_of(question, after) if after else None
    found, following = read(owner, month, place, min(limit, MOST))
    return Page(found, cursor(question, following) if following else None)
