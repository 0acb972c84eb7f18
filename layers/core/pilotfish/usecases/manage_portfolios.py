"""Portfolios: a user's own groups of the user's own accounts."""

from collections.abc import Callable, Sequence

from pilotfish.domain.portfolios import BadPortfolio, Portfolio
from pilotfish.ports import Clock, Portfolios, Register

MOST = 50


class NoSuchPortfolio(LookupError):
    """There is none of that id, or it is another user's: nobody learns which."""


class ChangedMeanwhile(Exception):
    """Somebody else changed it since it was read."""


class TooManyPortfolios(ValueError):
    """One has to go first; the message says how many there may be."""


class ManagePortfolios:
    """Every call is about the owner's alone."""

    def __init__(
        self,
        *,
        portfolios: Portfolios,
        register: Register,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._portfolios = portfolios
        self._register = register
        self._clock = clock
        self._new_id = new_id

    def all(self, owner: str) -> Sequence[Portfolio]:
        """The oldest first."""
        return self._portfolios.of_owner(owner)

    def get(self, owner: str, portfolio_id: str) -> Portfolio:
        """Raises `NoSuchPortfolio`."""
        found = self._portfolios.get(owner, portfolio_id)
        if found is None:
            raise NoSuchPortfolio(portfolio_id)
        return found

    def create(self, owner: str, name: str, accounts: Sequence[str]) -> Portfolio:
        """Raises `BadPortfolio` and `TooManyPortfolios`."""
        now_ms = self._clock()
        name_of_it = f"{now_ms:013d}-{self._new_id()}"
        made = Portfolio(name_of_it, owner, name, tuple(accounts), now_ms)
        self._require_own(owner, accounts)
        if len(self._portfolios.of_owner(owner)) >= MOST:
            raise TooManyPortfolios(f"you have {MOST} portfolios: delete one first")
        self._portfolios.save(made)
        return made

    def change(
        self, owner: str, portfolio_id: str, seen: int, name: str, accounts: Sequence[str]
    ) -> Portfolio:
        """From the revision that was seen; raises `ChangedMeanwhile` and what the others do."""
        before = self.get(owner, portfolio_id)
        after = before.changed(name, accounts)
        self._require_own(owner, accounts)
        if before.revision != seen or not self._portfolios.save(after):
            raise ChangedMeanwhile(portfolio_id)
        return after

    def delete(self, owner: str, portfolio_id: str) -> None:
        """Raises `NoSuchPortfolio`, and `ChangedMeanwhile`."""
        before = self.get(owner, portfolio_id)
        if not self._portfolios.delete(owner, portfolio_id, before.revision):
            raise ChangedMeanwhile(portfolio_id)

    def _require_own(self, owner: str, accounts: Sequence[str]) -> None:
        """Nobody learns whether another user has an account of that id."""
        own = {each.account_id for each in self._register.of_owner(owner) if not each.deleted}
        if missing := [account for account in accounts if account not in own]:
            raise BadPortfolio("accounts", f"you have no account {missing[0]}")
