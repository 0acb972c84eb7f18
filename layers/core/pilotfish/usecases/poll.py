"""One run of the poller: listen to a shard of leaders' accounts for as long as the lease lasts."""

import asyncio
import logging
from collections.abc import Callable

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Accounts, Clock, Lease, Leases
from pilotfish.usecases.listen import Listener

LEASE_TTL_MS = 6_000
RENEW_S = 1.5
STANDBY_S = 0.2
ACCOUNTS_S = 2.0

logger = logging.getLogger(__name__)

NewListener = Callable[[Account, Lease], Listener]


class Poll:
    """Waits for the lease, renews it, and has one listener for each enabled account.

    Runs overlap: the next one stands by until this one releases the lease or dies.
    """

    def __init__(
        self, *, leases: Leases, accounts: Accounts, listener: NewListener, clock: Clock
    ) -> None:
        self._leases = leases
        self._accounts = accounts
        self._new_listener = listener
        self._clock = clock

    async def __call__(self, shard: str, owner: str, until_ms: int) -> None:
        """Listen until `until_ms` (UTC ms); returns early when another run takes the lease."""
        lease = await self._stand_by(shard, owner, until_ms)
        if lease is None:
            return
        listeners: dict[str, asyncio.Task[None]] = {}
        try:
            await self._listen(lease, until_ms, listeners)
        except LeaseLost:
            logger.warning("another run has taken the lease of shard %s", shard)
        finally:
            for task in listeners.values():
                task.cancel()
            await asyncio.gather(*listeners.values(), return_exceptions=True)
            await asyncio.to_thread(self._leases.release, lease)

    async def _stand_by(self, shard: str, owner: str, until_ms: int) -> Lease | None:
        while self._clock() < until_ms:
            lease = await asyncio.to_thread(
                self._leases.acquire, shard, owner, self._clock(), LEASE_TTL_MS
            )
            if lease is not None:
                return lease
            await asyncio.sleep(STANDBY_S)
        return None

    async def _listen(
        self, lease: Lease, until_ms: int, listeners: dict[str, asyncio.Task[None]]
    ) -> None:
        accounts_at = 0
        while self._clock() < until_ms:
            if self._clock() >= accounts_at:
                await self._refresh(lease, listeners)
                accounts_at = self._clock() + int(ACCOUNTS_S * 1000)
            await asyncio.sleep(RENEW_S)
            lease = await asyncio.to_thread(self._leases.renew, lease, self._clock(), LEASE_TTL_MS)

    async def _refresh(self, lease: Lease, listeners: dict[str, asyncio.Task[None]]) -> None:
        """Start listening to new accounts, stop for those that went, restart what broke."""
        accounts = {
            account.account_id: account
            for account in await asyncio.to_thread(self._accounts.leaders, lease.shard)
            if not account.paused
        }
        for account_id in listeners.keys() - accounts.keys():
            listeners.pop(account_id).cancel()
        for account_id, account in accounts.items():
            task = listeners.get(account_id)
            if task is not None and task.done():
                self._explain(account_id, task)
            if task is None or task.done():
                listener = self._new_listener(account, lease)
                listeners[account_id] = asyncio.create_task(listener.run())

    def _explain(self, account_id: str, task: asyncio.Task[None]) -> None:
        trouble = None if task.cancelled() else task.exception()
        if isinstance(trouble, LeaseLost):
            raise trouble
        logger.error("listening to %s broke off", account_id, exc_info=trouble)
