"""Keep an account's stream of fills connected, and say how it stands."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pilotfish.domain.asides import Report
from pilotfish.domain.errors import OutcomeUnknown, VenueError
from pilotfish.ports import Clock, Venue
from pilotfish.usecases.backoff import Backoff

# A connection that stood for less is a failed one: the waits go on growing.
STEADY_S = 60.0
LEAST_S = 0.5
MOST_S = 30.0


class Connection:
    """One connection: `up` when its subscription stands, `lost` when it is over.

    What it streams is held back until the gap before it is filled.
    """

    def __init__(self) -> None:
        self.up, self.lost = asyncio.Event(), asyncio.Event()
        self._caught_up = asyncio.Event()
        self._since_ms = 0

    def caught_up(self, now_ms: int) -> None:
        """REST has shown all that happened before it stood."""
        if not self._caught_up.is_set():
            self._since_ms = now_ms
            self._caught_up.set()

    async def let_go(self) -> None:
        """Wait until it is caught up."""
        await self._caught_up.wait()

    def stood_s(self, now_ms: int) -> float:
        """For how long it told what was not known yet."""
        return (now_ms - self._since_ms) / 1000 if self._caught_up.is_set() else 0.0


class StayConnected:
    """Connects again and again, later each time that a connection does not last.

    Meanwhile `now` is a connection that is not up, and whoever fills gaps looks more often.
    """

    def __init__(
        self,
        *,
        open_venue: Callable[[], Awaitable[Venue]],
        write: Callable[[Sequence[Report]], Awaitable[None]],
        on_trouble: Callable[[VenueError], Awaitable[None]],
        random: Callable[[], float],
        clock: Clock,
    ) -> None:
        self.now = Connection()
        self._open_venue = open_venue
        self._write = write
        self._on_trouble = on_trouble
        self._clock = clock
        self._backoff = Backoff(LEAST_S, MOST_S, random)

    async def run(self) -> None:
        """Until cancelled, or until a write fails."""
        while True:
            trouble = await self._one()
            if self.now.stood_s(self._clock()) >= STEADY_S:
                self._backoff.worked()
            ended, self.now = self.now, Connection()
            ended.lost.set()
            await self._on_trouble(trouble)
            await asyncio.sleep(self._backoff.failed(trouble))

    async def _one(self) -> VenueError:
        """One connection to its end; why it ended."""
        try:
            venue = await self._open_venue()
            async for reports in venue.watch_fills(self.now.up):
                await self.now.let_go()
                await self._write(reports)
        except VenueError as trouble:
            return trouble
        return OutcomeUnknown("the venue ended the stream")
