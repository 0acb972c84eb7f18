"""Publish what can be traded on each venue, so that sizing needs no venue."""

from collections.abc import Iterable

from pilotfish.ports import Clock, Instruments, Venues


class PublishInstruments:
    """Reads each venue's markets and writes them where the mapper looks."""

    def __init__(self, *, venues: Venues, instruments: Instruments, clock: Clock) -> None:
        self._venues = venues
        self._instruments = instruments
        self._clock = clock

    async def __call__(self, venues: Iterable[str]) -> dict[str, int]:
        """How many instruments each venue has."""
        published: dict[str, int] = {}
        for venue in venues:
            found = await self._venues.instruments(venue)
            self._instruments.publish(venue, found, self._clock())
            published[venue] = len(found)
        return published
