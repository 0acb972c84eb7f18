"""One turn of the `history_sync` saga: as many pages as fit into its time."""

import asyncio
import contextlib

from pilotfish.domain.errors import NoFurther, Rejected, VenueError
from pilotfish.domain.sync_sessions import Overtaken, SyncSession, SyncStatus, Tally
from pilotfish.ports import Accounts, Clock, HistoryPage, PastAsides, SyncSessions, Venue, Venues
from pilotfish.usecases.past_asides import SetPastAside
from pilotfish.usecases.plan_sync import PlanSync
from pilotfish.usecases.sync_progress import Progress, Standing, Turn
from pilotfish.usecases.write_past import WritePast


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
        past_asides: PastAsides,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._venues = venues
        self._sessions = sessions
        self._plan_sync = plan_sync
        self._write_past = write_past
        self._past_asides = past_asides
        self._clock = clock

    async def __call__(self, account_id: str, session_id: str, attempt: int, until_ms: int) -> Turn:
        """Until `until_ms` (UTC), the end of the period, or the first failure.

        Raises `LookupError` for a session that does not exist.
        """
        session = await self._get(account_id, session_id)
        if session.attempt != attempt or session.status is SyncStatus.FAILED:
            return Turn(Standing.OVERTAKEN)
        progress = Progress(self._sessions, session)
        try:
            await self._go_on(progress, until_ms)
        except Overtaken:
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
            await self._fail(account_id, session_id, attempt, repr(error))
            raise
        stuck = turn.standing is Standing.RUNNING and not turn.pages
        if stuck or turn.standing is Standing.REFUSED:
            await self._fail(account_id, session_id, attempt, turn.finding)
            raise NoFurther(turn.finding)
        return turn

    async def _go_on(self, progress: Progress, until_ms: int) -> None:
        if progress.session.status is SyncStatus.STOPPING:
            await progress.move(lambda session: session.stopped_if_asked(self._clock()))
        if not progress.session.status.active:
            return
        account = await self._accounts.get(progress.session.account_id)
        if account is None:
            raise Rejected(f"there is no account {progress.session.account_id}")
        venue = await self._venues.account(account)
        if not progress.session.planned:
            await self._plan(progress, venue)
        if progress.session.status.active:
            set_aside = SetPastAside(self._past_asides, account)
            await set_aside.begin(progress.session)
            await self._take_pages(progress, set_aside, venue, until_ms)

    async def _plan(self, progress: Progress, venue: Venue) -> None:
        plan = await self._plan_sync(progress.session, venue)
        await progress.move(lambda s: s.planned_for(plan.until_ms, plan.symbols, self._clock()))

    async def _take_pages(
        self, progress: Progress, set_aside: SetPastAside, venue: Venue, until_ms: int
    ) -> None:
        page = await self._read(progress.session, venue, progress.session.cursor or None)
        while True:
            ahead = None
            if page.next_token is not None and self._clock() < until_ms:
                reading = self._read(progress.session, venue, page.next_token)
                ahead = asyncio.ensure_future(reading)
            try:
                await self._take(progress, set_aside, page)
            except BaseException:
                await _cancelled(ahead)
                raise
            if ahead is None or not progress.session.status.active:
                await _cancelled(ahead)
                return
            page = await ahead

    async def _read(self, session: SyncSession, venue: Venue, token: str | None) -> HistoryPage:
        return await venue.history(session.since_ms, session.until_ms, session.symbols, token)

    async def _take(self, progress: Progress, set_aside: SetPastAside, page: HistoryPage) -> None:
        """Write what is of the period, and only then say that the page is done."""
        session = progress.session
        fills = [f for f in page.fills if session.since_ms <= f.traded_ms <= session.until_ms]
        await set_aside.page(session, page.asides, fills)
        tally = Tally(aside=len(page.asides))
        tally += await self._write_past(set_aside.account, session.session_id, fills)
        symbols = {fill.symbol for fill in fills}
        await progress.move(lambda s: s.after_page(tally, page.next_token, self._clock(), symbols))
        progress.good_page(tally)

    async def _fail(self, account_id: str, session_id: str, attempt: int, error: str) -> None:
        """Unless a later attempt has taken over."""
        session = await self._get(account_id, session_id)
        if session.attempt == attempt and session.status.active:
            with contextlib.suppress(Overtaken):
                failing = Progress(self._sessions, session)
                await failing.move(lambda s: s.ended(SyncStatus.FAILED, self._clock(), error))

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
