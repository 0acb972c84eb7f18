"""Publish what can be traded on each venue, so that sizing needs no venue."""

import asyncio
import logging
from collections.abc import Iterable

from pilotfish.domain.errors import PilotfishError
from pilotfish.ports import Clock, Instruments, Venues

logger = logging.getLogger(__name__)


class PublishInstruments:
    """Reads each venue's markets and writes them where the mapper looks."""

    def __init__(self, *, venues: Venues, instruments: Instruments, clock: Clock) -> None:
        self._venues = venues
        self._instruments = instruments
        self._clock = clock

    async def __call__(self, venues: Iterable[str]) -> dict[str, int]:
        """How many instruments each venue has; a venue that cannot be read is left out.

        Side by side, so that one which answers late does not keep the others waiting.
        """
        venues = list(venues)
        counts = await asyncio.gather(*map(self._publish, venues))
        return {venue: n for venue, n in zip(venues, counts, strict=True) if n is not None}

    async def _publish(self, venue: str) -> int | None:
        try:
            found = await self._venues.instruments(venue)
        except PilotfishError:
            logger.exception("the instruments of %s stay as they were", venue)
            return None
        await asyncio.to_thread(self._instruments.publish, venue, found, self._clock())
        return len(found)
