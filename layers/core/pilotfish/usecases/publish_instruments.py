"""Publish what can be traded on each venue, so that sizing needs no venue."""

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
        """How many instruments each venue has; a venue that cannot be read is left out."""
        published: dict[str, int] = {}
        for venue in venues:
            try:
                found = await self._venues.instruments(venue)
            except PilotfishError:
                logger.exception("the instruments of %s stay as they were", venue)
                continue
            self._instruments.publish(venue, found, self._clock())
            published[venue] = len(found)
        return published
