"""One run that looks after entries that wait: under a lease, for as long as one does."""

import asyncio
import logging
from typing import Protocol

from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Clock, Lease, Leases
from pilotfish.usecases.await_prices import Looked

SHARD = "waits"
LOOK_S = 2.0
STANDBY_S = 0.5
# Longer than a look takes; two that look at the same time only cost more.
LEASE_TTL_MS = 6_000
# What was planned a moment ago may not be seen yet.
LINGER_MS = 5_000

logger = logging.getLogger(__name__)


class Look(Protocol):
    """One look at all that waits."""

    async def __call__(self) -> Looked: ...


class WatchPrices:
    """Runs overlap: the next one stands by until this one releases the lease or dies.

    One that was woken while another has the lease has nothing to do.
    """

    def __init__(self, *, leases: Leases, look: Look, clock: Clock) -> None:
        self._leases = leases
        self._look = look
        self._clock = clock

    async def __call__(self, owner: str, run_ms: int, *, stands_by: bool) -> Looked:
        """Look for so long, once at least, or until nothing waits; what came of it."""
        until_ms = self._clock() + run_ms
        lease = await self._acquire(owner, until_ms, stands_by=stands_by)
        if lease is None:
            return Looked()
        try:
            return await self._run(lease, until_ms)
        finally:
            await asyncio.to_thread(self._leases.release, lease)

    async def _acquire(self, owner: str, until_ms: int, *, stands_by: bool) -> Lease | None:
        while (now_ms := self._clock()) <= until_ms:
            acquire = self._leases.acquire
            lease = await asyncio.to_thread(acquire, SHARD, owner, now_ms, LEASE_TTL_MS)
            if lease is not None or not stands_by:
                return lease
            await asyncio.sleep(STANDBY_S)
        return None

    async def _run(self, lease: Lease, until_ms: int) -> Looked:
        looked, seen_ms = Looked(), self._clock()
        while True:
            now_ms = self._clock()
            try:
                lease = await asyncio.to_thread(self._leases.renew, lease, now_ms, LEASE_TTL_MS)
            except LeaseLost:
                logger.warning("another run has taken over")
                break
            looked += await self._look()
            if looked.waiting:
                seen_ms = now_ms
            elif now_ms - seen_ms >= LINGER_MS:
                break
            if now_ms + LOOK_S * 1000 >= until_ms:
                break
            await asyncio.sleep(LOOK_S)
        return looked
