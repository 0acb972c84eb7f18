"""A back-fill of an account's past trades: how far it has come, and how it ended."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from pilotfish.domain.errors import PilotfishError

DAY_MS = 86_400_000
DEFAULT_DAYS = 30
ERROR_CHARS = 300


class Overtaken(PilotfishError):
    """Somebody else has moved the session on."""


class SyncType(StrEnum):
    """What a session brings in; there is one that runs for each account and type."""

    HISTORY = "history"


class SyncStatus(StrEnum):
    """STOPPING was asked to stop, which it does at its next page. FAILED can be tried again."""

    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def active(self) -> bool:
        """Whether nobody else may run for the same account and type."""
        return self in (SyncStatus.RUNNING, SyncStatus.STOPPING)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of trades that a venue told.

    `synced` were written for the first time, `updated` had been written by an earlier back-fill
    and are told otherwise now, `known` stood there already (what was listened to live always),
    `aside` cannot be trades and were left out.
    """

    synced: int = 0
    updated: int = 0
    known: int = 0
    aside: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.synced + other.synced,
            self.updated + other.updated,
            self.known + other.known,
            self.aside + other.aside,
        )

    @property
    def written(self) -> int:
        """How many the table had to take."""
        return self.synced + self.updated


@dataclass(frozen=True, slots=True)
class SyncSession:
    """One session; all times in UTC milliseconds, the period's from the venue's clock.

    The period is from `since_ms` to `until_ms`, both included. `cursor` is where the venue's next
    page begins; what lies before it is written. Every change of a session raises its `revision`,
    every new start its `attempt`: an execution of an older attempt has nothing more to say.
    """

    account_id: str
    session_id: str
    owner: str
    venue: str
    since_ms: int
    until_ms: int
    started_ms: int
    moved_ms: int
    sync_type: SyncType = SyncType.HISTORY
    status: SyncStatus = SyncStatus.RUNNING
    completed_ms: int = 0
    trades_synced: int = 0
    trades_updated: int = 0
    trades_known: int = 0
    trades_aside: int = 0
    pages: int = 0
    cursor: str = ""
    error: str = ""
    symbols: tuple[str, ...] = ()
    planned: bool = False
    attempt: int = 1
    revision: int = 0

    @property
    def duration_ms(self) -> int:
        """From the start to the end, or to the last sign of life."""
        return (self.completed_ms or self.moved_ms) - self.started_ms

    @property
    def place(self) -> tuple[int, bool, int]:
        """Where it stands; while this is the same, nobody else has read a page."""
        return self.attempt, self.planned, self.pages

    def moved(self, now_ms: int, **changes: object) -> "SyncSession":
        """The next revision."""
        fields: dict[str, object] = {"moved_ms": now_ms, "revision": self.revision + 1, **changes}
        return replace(self, **fields)  # type: ignore[arg-type]

    def ended(self, status: SyncStatus, now_ms: int, error: str = "") -> "SyncSession":
        """The session at its end, for now."""
        error = error[:ERROR_CHARS]
        return self.moved(now_ms, status=status, completed_ms=now_ms, error=error)

    def stopped_if_asked(self, now_ms: int) -> "SyncSession":
        """STOPPED, if somebody asked for that."""
        asked = self.status is SyncStatus.STOPPING
        return self.ended(SyncStatus.STOPPED, now_ms) if asked else self

    def begun_again(self, now_ms: int, attempt: int) -> "SyncSession":
        """Running again from the last good page."""
        running = SyncStatus.RUNNING
        return self.moved(now_ms, status=running, attempt=attempt, completed_ms=0, error="")

    def planned_for(self, until_ms: int, symbols: Iterable[str], now_ms: int) -> "SyncSession":
        """The session with its period and symbols settled; an empty period is complete."""
        after = self.moved(
            now_ms, planned=True, until_ms=until_ms, symbols=tuple(sorted(set(symbols)))
        )
        empty = until_ms < self.since_ms
        return replace(after, status=SyncStatus.COMPLETED, completed_ms=now_ms) if empty else after

    def after_page(
        self, tally: Tally, next_cursor: str | None, now_ms: int, symbols: Iterable[str] = ()
    ) -> "SyncSession":
        """The session with one more page, and what it traded there.

        It is complete when no further page follows.
        """
        after = self.moved(
            now_ms,
            trades_synced=self.trades_synced + tally.synced,
            trades_updated=self.trades_updated + tally.updated,
            trades_known=self.trades_known + tally.known,
            trades_aside=self.trades_aside + tally.aside,
            pages=self.pages + 1,
            cursor=next_cursor or "",
            symbols=tuple(sorted({*self.symbols, *symbols})),
            error="",
        )
        if next_cursor is None:
            return replace(after, status=SyncStatus.COMPLETED, completed_ms=now_ms)
        if self.status is SyncStatus.STOPPING:
            return replace(after, status=SyncStatus.STOPPED, completed_ms=now_ms)
        return after


def shown(session: SyncSession) -> dict[str, object]:
    """A session as a person or a program is told of it."""
    return asdict(session) | {"duration_ms": session.duration_ms, "symbols": list(session.symbols)}
