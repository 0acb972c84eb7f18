"""An operator looks at an account's records; the account's trail says so first."""

from pilotfish.domain.fills import Fill
from pilotfish.domain.filters import CopyFilter, Filter, TradeFilter
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.places import Page
from pilotfish.domain.trail import Verb
from pilotfish.usecases.lists import Lists, NotTheirs, Owners
from pilotfish.usecases.trails import KeepTrail


class InspectAccount:
    """A look is a line for each first page: going on with a cursor is the same look."""

    def __init__(self, *, lists: Lists, owners: Owners, trail: KeepTrail) -> None:
        self._lists = lists
        self._owners = owners
        self._trail = trail

    def trades(self, by: str, why: str, asked: TradeFilter, after: str, limit: int) -> Page[Fill]:
        """Raises `NoReason`, `NotTheirs` and `BadCursor`."""
        owner = self._looked_at(by, why, asked, "trades", after)
        return self._lists.trades(owner, asked, after, limit)

    def copies(
        self, by: str, why: str, asked: CopyFilter, after: str, limit: int
    ) -> Page[CopyOrder]:
        """Raises `NoReason`, `NotTheirs` and `BadCursor`."""
        owner = self._looked_at(by, why, asked, "copies", after)
        return self._lists.copies(owner, asked, after, limit)

    def _looked_at(self, by: str, why: str, asked: Filter, what: str, after: str) -> str:
        owner = self._owners.of_account(asked.account_id)
        if owner is None:
            raise NotTheirs(f"there is no account {asked.account_id}")
        if not after:
            self._trail.say(asked.account_id, by, Verb.LOOK, why, what)
        return owner
