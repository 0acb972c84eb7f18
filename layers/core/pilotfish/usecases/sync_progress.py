"""How far a turn of a back-fill has come, in memory and in the session's row alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pilotfish.domain.errors import VenueError
from pilotfish.domain.sync_sessions import Overtaken, SyncSession, Tally
from pilotfish.ports import SyncSessions

NOTHING = Tally()

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


class Progress:
    """The session as this turn knows it; the row's revision lets one turn at a time move it."""

    def __init__(self, sessions: SyncSessions, session: SyncSession) -> None:
        self._sessions = sessions
        self.session = session
        self._pages = 0
        self._tally = NOTHING

    def good_page(self, tally: Tally) -> None:
        """A page is written, and the cursor behind it."""
        self._pages += 1
        self._tally += tally

    def turn(self, standing: Standing, trouble: VenueError | None = None) -> Turn:
        """What this turn has brought."""
        wait_s = float(getattr(trouble, "wait_s", 0.0))
        return Turn(standing, self._pages, self._tally, str(trouble or ""), wait_s)

    async def move(self, change: Change) -> None:
        """Move the session on, also when it was asked to stop meanwhile; raises `Overtaken`."""
        while True:
            before = self.session
            after = change(before)
            if await asyncio.to_thread(self._sessions.move, before, after):
                self.session = after
                return
            key = before.account_id, before.session_id
            now = await asyncio.to_thread(self._sessions.get, *key)
            if now is None or now.place != before.place or not now.status.active:
                raise Overtaken
            self.session = now
