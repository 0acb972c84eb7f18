"""Write down, now and then, how listening to an account goes."""

import asyncio

from pilotfish.domain.connections import Health
from pilotfish.ports import Clock, Healths, Lease, Venue
from pilotfish.usecases.tasks import to_its_end

EVERY_MS = 15_000


class Pulse:
    """One account's. Trouble is written at once, but the same trouble only now and then too."""

    def __init__(self, account_id: str, lease: Lease, healths: Healths, clock: Clock) -> None:
        self._lease = lease
        self._healths = healths
        self._clock = clock
        self._health = Health(account_id)
        self._written = Health(account_id)
        self._writing = asyncio.Lock()

    async def heard(self, venue: Venue, fill_ms: int, *, streams: bool) -> None:
        """The venue answered; `fill_ms` is the account's last trade that was seen (0: none)."""
        self._health = self._health.heard(self._clock(), fill_ms, streams, venue.vitals())
        await self._write()

    async def failed(self, error: str) -> None:
        """Listening broke off."""
        self._health = self._health.failed(self._clock(), error)
        await self._write()

    async def _write(self) -> None:
        """Raises `LeaseLost` under a stale lease."""
        async with self._writing:
            health, written = self._health, self._written
            if health.at_ms - written.at_ms < EVERY_MS and _state(health) == _state(written):
                return
            self._written = health
            await to_its_end(asyncio.to_thread(self._healths.save, health, self._lease))


def _state(health: Health) -> tuple[bool, bool, str]:
    """What is told at once."""
    return health.well, health.streams, health.error
