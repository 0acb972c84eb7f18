"""An owner reads who looked at an account, or changed it: the own doing, and operators' too."""

from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.places import Page, Place, cursor, place_of
from pilotfish.domain.trail import Action
from pilotfish.ports import Register
from pilotfish.usecases.trails import MOST, Trail


class OwnTrail:
    """Also of an account that was deleted. A page is one query."""

    def __init__(self, register: Register, trail: Trail) -> None:
        self._register = register
        self._trail = trail

    def __call__(
        self, owner: str, account_id: str, after: str = "", limit: int = 50
    ) -> Page[Action]:
        """The latest first; raises `NoSuchAccount` and `BadCursor`."""
        account = self._register.get(account_id)
        if account is None or account.owner != owner:
            raise NoSuchAccount(f"there is no account {account_id}")
        question = {"of": "trail", "account_id": account_id}
        before = place_of(question, after).sk if after else ""
        limit = min(limit, MOST)
        found = self._trail.of_subject(account_id, before, limit + 1)
        page = found[:limit]
        if len(found) == len(page):
            return Page(page, None)
        return Page(page, cursor(question, Place(account_id, page[-1].action_id)))
