"""Rules are refused that go by what the leader's venue does not tell."""

from typing import Protocol

from pilotfish.domain.accounts import Account
from pilotfish.domain.copied_levels import require_readable
from pilotfish.domain.rules import Rules


class Accounts(Protocol):
    """Connected accounts."""

    async def get(self, account_id: str) -> Account | None: ...


class RequireLevels:
    """For rules that change; who starts to follow knows the leader's account anyway."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def __call__(self, leader_id: str, rules: Rules) -> None:
        """Raises `BadRules`."""
        if rules.copy_tp_sl:
            leader = await self._accounts.get(leader_id)
            require_readable(rules, leader.venue if leader else "")
