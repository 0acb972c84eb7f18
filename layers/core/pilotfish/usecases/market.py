"""One run of what tells states: under a lease, for as long as somebody listens."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.posting import Posted
from pilotfish.domain.quotes import Quote
from pilotfish.ports import Clock, Lease, Leases
from pilotfish.usecases.price_feed import PriceFeed
from pilotfish.usecases.tell_states import TellStates

SHARD = "market"
TICK_S = 0.25
LOOK_MS = 1_000
SAVE_MS = 2_000
LEASE_TTL_MS = 4_000
RENEW_MS = 1_000
STANDBY_S = 0.2

logger = logging.getLogger(__name__)


class KnownQuotes(Protocol):
    """The last prices, for who asks once."""

    def save(self, quotes: Iterable[Quote], now_ms: int) -> None:
        """What is not told any more stays as it was."""

    def close(self) -> None:
        """Others may write from now on."""


class Market:
    """Runs overlap: the next one stands by until this one releases the lease or dies.

    Four ticks a second: so often a moving price is told at the most. A tick that is not through
    when the next one is due lets it out.
    """

    def __init__(
        self,
        *,
        leases: Leases,
        states: TellStates,
        feed: PriceFeed,
        known: KnownQuotes,
        clock: Clock,
    ) -> None:
        self._leases = leases
        self._states = states
        self._feed = feed
        self._known = known
        self._clock = clock
        self.posted = Posted()

    async def __call__(self, owner: str, until_ms: int) -> Posted:
        """Tell until `until_ms` (UTC ms), or until nobody listens; what was posted."""
        self.posted = Posted()
        lease = await self._stand_by(owner, until_ms)
        if lease is None:
            return self.posted
        try:
            await self._run(lease, until_ms)
        except LeaseLost:
            logger.warning("another run has taken over")
        finally:
            await self._feed.close()
            self._known.close()
            await asyncio.to_thread(self._states.remember)
            await asyncio.to_thread(self._leases.release, lease)
        return self.posted

    async def _stand_by(self, owner: str, until_ms: int) -> Lease | None:
        while self._clock() < until_ms:
            now_ms = self._clock()
            lease = await asyncio.to_thread(
                self._leases.acquire, SHARD, owner, now_ms, LEASE_TTL_MS
            )
            if lease is not None:
                return lease
            await asyncio.sleep(STANDBY_S)
        return None

    async def _run(self, lease: Lease, until_ms: int) -> None:
        renewed_ms = looked_ms = saved_ms = 0  # UTC ms
        loop = asyncio.get_running_loop()
        while (now_ms := self._clock()) < until_ms:
            began = loop.time()
            if now_ms - renewed_ms >= RENEW_MS:
                lease = await asyncio.to_thread(self._leases.renew, lease, now_ms, LEASE_TTL_MS)
                renewed_ms = now_ms
            if self._clock() >= lease.expires_ms:
                raise LeaseLost(SHARD)
            if now_ms - looked_ms >= LOOK_MS:
                await asyncio.to_thread(self._states.look)
                looked_ms = now_ms
                if self._states.idle:
                    return
                self._feed.want(self._states.markets)
            self.posted.add(await asyncio.to_thread(self._states.tell, dict(self._feed.quotes)))
            if now_ms - saved_ms >= SAVE_MS:
                await asyncio.to_thread(self._known.save, list(self._feed.quotes.values()), now_ms)
                saved_ms = now_ms
            await asyncio.sleep(max(0.0, TICK_S - (loop.time() - began)))
