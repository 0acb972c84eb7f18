"""What a person does with back-fills: start, stop, try again, look."""

from collections.abc import Callable, Iterable

from pilotfish.domain.errors import SyncRefused
from pilotfish.domain.sync_sessions import DAY_MS, DEFAULT_DAYS, SyncSession, SyncStatus
from pilotfish.ports import Accounts, AlreadyRunning, Clock, HistorySyncs, SyncSessions

# A session that runs gives a sign of life more often: an execution waits 5 minutes at the most
# between two turns, and a turn takes less than one.
QUIET_MS = 15 * 60_000


class BackFills:
    """The session's row is the truth; the state machine is started for what the row says."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        sessions: SyncSessions,
        history_syncs: HistorySyncs,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._history_syncs = history_syncs
        self._clock = clock
        self._new_id = new_id

    async def start(
        self,
        account_id: str,
        since_ms: int | None = None,
        until_ms: int | None = None,
        symbols: Iterable[str] = (),
    ) -> SyncSession:
        """A new session over a period, the last 30 days when nothing is said.

        What was listened to live is left out of the period. `symbols` are looked at besides those
        that are found. Raises `SyncRefused` while another session of the account runs.
        """
        account = await self._accounts.get(account_id)
        if account is None:
            raise SyncRefused(f"there is no account {account_id}")
        if not account.enabled:
            raise SyncRefused(f"the account {account_id} is disabled")
        now_ms = self._clock()
        until_ms = min(now_ms, until_ms or now_ms)
        since_ms = until_ms - DEFAULT_DAYS * DAY_MS if since_ms is None else since_ms
        if since_ms >= until_ms:
            raise SyncRefused("the period ends before it begins")
        session = SyncSession(
            account_id=account_id,
            session_id=f"{now_ms:013d}-{self._new_id()}",
            owner=account.owner,
            venue=account.venue,
            since_ms=since_ms,
            until_ms=until_ms,
            started_ms=now_ms,
            moved_ms=now_ms,
            symbols=tuple(sorted(set(symbols))),
        )
        try:
            self._sessions.begin(session)
        except AlreadyRunning as other:
            raise SyncRefused(f"session {other} of {account_id} runs: stop it first") from None
        self._history_syncs.start(session)
        return session

    def stop(self, account_id: str, session_id: str) -> SyncSession:
        """Ask it to stop, which it does at its next page; one that nobody runs stops at once."""
        while True:
            session = self.show(account_id, session_id)
            if not session.status.active:
                raise SyncRefused(f"session {session_id} does not run: it is {session.status}")
            now_ms = self._clock()
            if self._quiet(session):
                after = session.ended(SyncStatus.STOPPED, now_ms)
            elif session.status is SyncStatus.STOPPING:
                return session
            else:
                after = session.moved(now_ms, status=SyncStatus.STOPPING)
            if self._sessions.move(session, after):
                return after

    def retry(self, account_id: str, session_id: str) -> SyncSession:
        """Go on from the last good page, in a new execution.

        For one that runs, the execution is started if it never was.
        """
        while True:
            session = self.show(account_id, session_id)
            if session.status is SyncStatus.COMPLETED:
                raise SyncRefused(f"session {session_id} is complete")
            if session.status.active and not self._quiet(session):
                self._history_syncs.start(session)
                return session
            after = session.begun_again(self._clock(), session.attempt + 1)
            try:
                moved = self._sessions.move(session, after)
            except AlreadyRunning as other:
                raise SyncRefused(f"session {other} of {account_id} runs: stop it first") from None
            if moved:
                self._history_syncs.start(after)
                return after

    def show(self, account_id: str, session_id: str) -> SyncSession:
        """Raises `SyncRefused` when there is none; without an id it is the account's latest."""
        if session_id:
            session = self._sessions.get(account_id, session_id)
        else:
            session = next(iter(self._sessions.of_account(account_id, 1)), None)
        if session is None:
            raise SyncRefused(f"{account_id} has no session {session_id}".rstrip())
        return session

    def list(
        self, account_id: str = "", status: SyncStatus | None = None, limit: int = 50
    ) -> list[SyncSession]:
        """The latest first: of an account, in a status, or of all accounts."""
        if account_id:
            found = self._sessions.of_account(account_id, limit)
            return [session for session in found if status in (None, session.status)]
        statuses = list(SyncStatus) if status is None else [status]
        found = [s for each in statuses for s in self._sessions.in_status(each, limit)]
        return sorted(found, key=lambda s: s.started_ms, reverse=True)[:limit]

    def _quiet(self, session: SyncSession) -> bool:
        return self._clock() - session.moved_ms > QUIET_MS
