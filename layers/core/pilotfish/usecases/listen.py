"""Listen to a leader's account: the stream is quick, and REST fills every gap."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from random import random as uniform

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import VenueError
from pilotfish.domain.netting import symbol_of
from pilotfish.ports import (
    Asides,
    Clock,
    Cursors,
    Fills,
    Healths,
    Lease,
    Positions,
    Venue,
    Venues,
)
from pilotfish.usecases.backoff import Backoff
from pilotfish.usecases.pulse import Pulse
from pilotfish.usecases.stay_connected import StayConnected
from pilotfish.usecases.take_baseline import TakeBaseline
from pilotfish.usecases.tasks import side_by_side, within
from pilotfish.usecases.write_down import OnAside, WriteDown

# A venue's lists may bring a fill to light this long after it happened.
OVERLAP_MS = 10_000
POLL_S = 1.0
RECONCILE_S = 30.0
# With less than this part of the request budget left the looks get fewer, down to one in so many.
SCARCE = 0.5
LONGEST = 4.0
# A look that takes longer than this is told.
SLOW_S = 15.0
# How long to let a venue be whose REST fails; shorter than for sockets, because it has the fills.
RETRY_S = (0.5, 5.0)

logger = logging.getLogger(__name__)


class Listener:
    """Writes an account's fills, in order, under a lease.

    The cursor moves by REST only, because only REST is complete; what a stream skipped is found
    by the next look at REST, `RECONCILE_S` later at the most, and four times that when the venue's
    request budget is spent. While no stream stands, REST is looked at each second.
    """

    def __init__(
        self,
        account: Account,
        lease: Lease,
        *,
        venues: Venues,
        fills: Fills,
        asides: Asides,
        healths: Healths,
        cursors: Cursors,
        positions: Positions,
        clock: Clock,
        random: Callable[[], float] = uniform,
        on_aside: OnAside = lambda aside: None,
    ) -> None:
        self.lease = lease
        self._account = account
        self._venues = venues
        self._cursors = cursors
        self._clock = clock
        self._pen = WriteDown(
            account,
            lease,
            fills=fills,
            asides=asides,
            positions=positions,
            clock=clock,
            on_aside=on_aside,
        )
        self._random = random
        self._baseline = TakeBaseline(cursors=cursors, positions=positions, lease=lease)
        self._corrected_ms = 0
        self._pulse = Pulse(account.account_id, lease, healths, clock)
        self._retry = Backoff(*RETRY_S, random)
        self._stream = StayConnected(
            open_venue=self._open,
            write=self._pen.reports,
            on_trouble=self._told,
            random=random,
            clock=clock,
        )

    async def run(self) -> None:
        """Until cancelled; raises `LeaseLost` when another run has taken over.

        A stream that breaks does not stop the looks at REST, nor the other way round.
        """
        venue = await self._begun()
        if venue.streams_fills:
            await side_by_side(self._stream.run(), self._look())
        else:
            await self._look()

    async def _begun(self) -> Venue:
        while True:
            try:
                venue = await self._open()
                self._cursor, held = await self._baseline(self._account.account_id, venue)
                await self._pen.begin(held)
            except VenueError as trouble:
                await self._rest(trouble)
            else:
                return venue

    async def _open(self) -> Venue:
        return await self._venues.account(self._account)

    async def _rest(self, trouble: VenueError) -> None:
        """Let a venue be that does not answer: the longer, the longer it does not."""
        await self._told(trouble)
        await asyncio.sleep(self._retry.failed(trouble))

    async def _told(self, trouble: VenueError) -> None:
        logger.warning("listening to %s: %s", self._account.account_id, trouble)
        await self._pulse.failed(str(trouble))

    async def _look(self) -> None:
        """Look at REST for ever: now and then while a stream stands, else each second."""
        while True:
            connection = self._stream.now
            complete, began_ms = connection.up.is_set(), self._clock()
            try:
                venue = await self._open()
                await self._catch_up(venue)
            except VenueError as trouble:
                await self._rest(trouble)
                continue
            self._retry.worked()
            self._tell_if_slow((self._clock() - began_ms) / 1000)
            if complete:
                connection.caught_up(self._clock())
                await within(self._pause_s(venue), connection.lost)
            else:
                await within(POLL_S, connection.up)

    def _tell_if_slow(self, took_s: float) -> None:
        if took_s > SLOW_S:
            words = "a look at %s took %.0f s: the venue is slow, or its requests are used up"
            logger.warning(words, self._account.account_id, took_s)

    def _pause_s(self, venue: Venue) -> float:
        """Apart from other accounts' looks, and fewer of them where requests are scarce.

        So those who have to fill a gap, or begin, find some left.
        """
        left = float(venue.vitals().headroom)
        longer = min(LONGEST, SCARCE / left) if left * LONGEST > SCARCE else LONGEST
        return RECONCILE_S * (0.8 + 0.2 * self._random()) * max(1.0, longer)

    async def _catch_up(self, venue: Venue) -> None:
        """Write all that REST shows since the cursor, then move the cursor.

        It looks in every symbol that was ever held, because a position that was closed while
        nobody listened may show nowhere else.
        """
        cursor = self._cursor
        looked_ms = await venue.server_time_ms()
        self._pen.ahead_ms = looked_ms - self._clock()
        since_ms = max(cursor.started_ms, cursor.complete_ms - OVERLAP_MS)
        held = frozenset(symbol_of(key) for key in self._pen.holdings.positions)
        symbols = cursor.symbols | held | frozenset(await venue.symbols_traded(since_ms))
        await self._pen.reports(await venue.fills_since(since_ms, symbols))
        after = replace(cursor, complete_ms=looked_ms, symbols=symbols)
        await asyncio.to_thread(self._cursors.save, after, self.lease)
        self._cursor = after
        await self._pen.recount(venue, looked_ms - OVERLAP_MS, symbols)
        await self._look_at_corrections()
        await self._pulse.heard(venue, self._pen.last_fill_ms, streams=self._stream.now.up.is_set())

    async def _look_at_corrections(self) -> None:
        """What a person has corrected, once in a while."""
        if self._clock() - self._corrected_ms >= RECONCILE_S * 1000:
            self._corrected_ms = self._clock()
            await self._pen.corrected()
