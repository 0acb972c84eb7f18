"""Look again, once a day, at what each key may do."""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.alerts import Notice, of_key, of_key_that_ends
from pilotfish.domain.connections import Verdict
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.ports import Accounts, Clock, Register
from pilotfish.usecases.connections import Told
from pilotfish.usecases.try_keys import TryKey

logger = logging.getLogger(__name__)

ATTEMPTS = 5
AT_ONCE = 8
PAGE = 50


class Notices(Protocol):
    """Where a person's notices are kept."""

    def keep(self, notice: Notice) -> None:
        """Nothing happens when it was written already."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How many keys were looked at, and which connections were paused."""

    keys: int
    paused: tuple[str, ...]


class LookAtKeys:
    """Asks the venues once a day what each key may do; one that is not fit any more pauses.

    A key can gain the right to withdraw, or lose that to trade, at any time after it was taken.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        register: Register,
        try_key: TryKey,
        notices: Notices,
        tell: Told,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._register = register
        self._try = try_key
        self._notices = notices
        self._tell = tell
        self._clock = clock

    async def __call__(self, until_ms: int) -> Looked:
        """All that are due; what is not done by `until_ms` is due at the next run."""
        keys, paused = 0, []
        seen: set[str] = set()
        while self._clock() < until_ms:
            due = [each for each in self._register.due(self._clock(), PAGE) if each not in seen]
            if not due:
                break
            seen.update(due)
            for each, connection in await self._several(due, until_ms):
                keys += 1
                paused += [each] if connection else []
        return Looked(keys, tuple(paused))

    async def one(self, account_id: str) -> Verdict:
        """The key of an account as it is stored; raises `NoSuchAccount`."""
        verdict, _ = await self._look(account_id)
        return verdict

    async def _several(self, due: list[str], until_ms: int) -> list[tuple[str, bool]]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def look(account_id: str) -> tuple[str, bool] | None:
            async with turn:
                if self._clock() >= until_ms:
                    return None
                try:
                    _, paused = await self._look(account_id)
                except Exception:
                    logger.exception("key not looked at: %s", account_id)
                    self._later(account_id)
                    return None
            return account_id, paused

        looked = await asyncio.gather(*map(look, due))
        return [each for each in looked if each is not None]

    def _later(self, account_id: str) -> None:
        """As if its venue had not answered: others come first now."""
        if connection := self._register.get(account_id):
            after = connection.looked_at(Verdict(False, sure=False), self._clock())
            self._register.change(connection, after)

    async def _look(self, account_id: str) -> tuple[Verdict, bool]:
        """The verdict, and whether the connection was paused for it."""
        account = await self._accounts.get(account_id)
        connection = self._register.get(account_id)
        if account is None or connection is None or connection.deleted:
            raise NoSuchAccount(f"there is no account {account_id}")
        verdict = await self._try(account)
        after = connection
        for _ in range(ATTEMPTS):
            after = connection.looked_at(verdict, self._clock())
            if after == connection or self._register.change(connection, after):
                break
            newer = self._register.get(account_id)
            if newer is None or newer.deleted or newer.key_version != account.key_version:
                return verdict, False
            connection = newer
        may, now_ms = verdict.report.permissions, self._clock()
        if verdict.accepted and may.ends_soon(now_ms):
            self._notices.keep(of_key_that_ends(after, may.expires_ms, now_ms))
        if not after.problem:
            return verdict, False
        self._notices.keep(of_key(after, self._clock()))
        if not connection.paused:
            self._tell.paused(replace(after, revision=connection.revision + 1))
        return verdict, not connection.paused
