"""One turn of the `history_sync` saga: as many pages as fit into its time."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NoFurther, PilotfishError, Rejected, VenueError
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus, Tally
from pilotfish.ports import Accounts, Clock, HistoryPage, SyncSessions, Venue, Venues
from pilotfish.usecases.plan_sync import PlanSync
from pilotfish.usecases.write_past import WritePast

NOTHING = Tally()

logger = logging.getLogger(__name__)

Change = Callable[[SyncSession], SyncSession]


class Standing(StrEnum):
    """RUNNING: there is more. REFUSED: the venue would say no again.

    OVERTAKEN: somebody else has moved the session on.
    """

    RUNNING = "RUNNING"
    REFUSED = "REFUSED"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    OVERTAKEN = "OVERTAKEN"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn brought: good pages and their trades, and why it ended if not by its time."""

    standing: Standing
    pages: int = 0
    tally: Tally = NOTHING
    finding: str = ""
    wait_s: float = 0.0


@dataclass(slots=True)
class _Progress:
    session: SyncSession
    pages: int = 0
    tally: Tally = NOTHING

    def turn(self, standing: Standing, trouble: VenueError | None = None) -> Turn:
        wait_s = float(getattr(trouble, "wait_s", 0.0))
        return Turn(standing, self.pages, self.tally, str(trouble or ""), wait_s)


class _Overtaken(PilotfishError):
    """Somebody else has moved the session on."""


class SyncHistory:
    """Reads a page ahead while it writes one, and moves the cursor only after the writing.

    So whatever ends a turn, the next one begins at the first page that is not wholly written.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        venues: Venues,
        sessions: SyncSessions,
        plan_sync: PlanSync,
        write_past: WritePast,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._venues = venues
        self._sessions = sessions
        self._plan_sync = plan_sync
        self._write_past = write_past
        self._clock = clock

    async def __call__(self, account_id: str, session_id: str, attempt: int, until_ms: int) -> Turn:
        """Until `until_ms` (UTC), the end of the period, or the first failure.

        Raises `LookupError` for a session that does not exist.
        """
        session = await self._get(account_id, session_id)
        if session.attempt != attempt or session.status is SyncStatus.FAILED:
            return Turn(Standing.OVERTAKEN)
        progress = _Progress(session)
        try:
            await self._go_on(progress, until_ms)
        except _Overtaken:
            return progress.turn(Standing.OVERTAKEN)
        except Rejected as refusal:
            return progress.turn(Standing.REFUSED, refusal)
        except VenueError as trouble:
            return progress.turn(Standing.RUNNING, trouble)
        return progress.turn(Standing(progress.session.status))

    async def last(self, account_id: str, session_id: str, attempt: int, until_ms: int) -> Turn:
        """One more turn, which fails the session unless it comes further.

        A session that had failed runs again for it: that is what a redrive does. Raises
        `NoFurther`, and `AlreadyRunning` when another session of the account was started since.
        """
        session = await self._get(account_id, session_id)
        if session.attempt == attempt and session.status is SyncStatus.FAILED:
            again = session.begun_again(self._clock(), attempt)
            await asyncio.to_thread(self._sessions.move, session, again)
        try:
            turn = await self(account_id, session_id, attempt, until_ms)
        except Exception as error:
            await self._fail(account_id, session_id, repr(error))
            raise
        stuck = turn.standing is Standing.RUNNING and not turn.pages
        if stuck or turn.standing is Standing.REFUSED:
            await self._fail(account_id, session_id, turn.finding)
            raise NoFurther(turn.finding)
        return turn

    async def _go_on(self, progress: _Progress, until_ms: int) -> None:
        if progress.session.status is SyncStatus.STOPPING:
            await self._move(progress, lambda session: session.stopped_if_asked(self._clock()))
        if not progress.session.status.active:
            return
        account = await self._accounts.get(progress.session.account_id)
        if account is None:
            raise Rejected(f"there is no account {progress.session.account_id}")
        venue = await self._venues.account(account)
        if not progress.session.planned:
            await self._plan(progress, venue)
        if progress.session.status.active:
            await self._take_pages(progress, account, venue, until_ms)

    async def _plan(self, progress: _Progress, venue: Venue) -> None:
        plan = await self._plan_sync(progress.session, venue)
        await self._move(
            progress, lambda s: s.planned_for(plan.until_ms, plan.symbols, self._clock())
        )

    async def _take_pages(
        self, progress: _Progress, account: Account, venue: Venue, until_ms: int
    ) -> None:
        page = await self._read(progress.session, venue, progress.session.cursor or None)
        while True:
            ahead = None
            if page.next_token is not None and self._clock() < until_ms:
                reading = self._read(progress.session, venue, page.next_token)
                ahead = asyncio.ensure_future(reading)
            try:
                await self._take(progress, account, page)
            except BaseException:
                await _cancelled(ahead)
                raise
            if ahead is None or not progress.session.status.active:
                await _cancelled(ahead)
                return
            page = await ahead

    async def _read(self, session: SyncSession, venue: Venue, token: str | None) -> HistoryPage:
        return await venue.history(session.since_ms, session.until_ms, session.symbols, token)

    async def _take(self, progress: _Progress, account: Account, page: HistoryPage) -> None:
        """Write what is of the period, and only then say that the page is done."""
        session = progress.session
        fills = [f for f in page.fills if session.since_ms <= f.traded_ms <= session.until_ms]
        for aside in page.asides:
            logger.warning("no past trade of %s: %s %s", aside.account_id, aside.flaw, aside.raw)
        tally = Tally(aside=len(page.asides))
        tally += await self._write_past(account, session.session_id, fills)
        await self._move(progress, lambda s: s.after_page(tally, page.next_token, self._clock()))
        progress.pages += 1
        progress.tally += tally

    async def _move(self, progress: _Progress, change: Change) -> None:
        """Move the session on, also when it was asked to stop meanwhile."""
        while True:
            before = progress.session
            after = change(before)
            if await asyncio.to_thread(self._sessions.move, before, after):
                progress.session = after
                return
            now = await self._get(before.account_id, before.session_id)
            if now.place != before.place or not now.status.active:
                raise _Overtaken
            progress.session = now

    async def _fail(self, account_id: str, session_id: str, error: str) -> None:
        session = await self._get(account_id, session_id)
        if session.status.active:
            failed = session.ended(SyncStatus.FAILED, self._clock(), error)
            await asyncio.to_thread(self._sessions.move, session, failed)

    async def _get(self, account_id: str, session_id: str) -> SyncSession:
        session = await asyncio.to_thread(self._sessions.get, account_id, session_id)
        if session is None:
            raise LookupError(f"{account_id} has no session {session_id}")
        return session


async def _cancelled(reading: "asyncio.Future[HistoryPage] | None") -> None:
    if reading is not None:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await reading
