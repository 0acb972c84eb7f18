"""Who is connected, and whose session has ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilotfish.domain.viewers import Session
from pilotfish.ports import Clock

# The gateway closes every connection after two hours; a row that is older was left behind.
LONGEST_MS = 2 * 3_600_000


class Sessions(Protocol):
    """Who is connected."""

    def all(self) -> Sequence[Session]: ...

    def close(self, connection_id: str) -> None: ...


class HangUp(Protocol):
    """Closes connections."""

    def hang_up(self, connections: Iterable[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Connected:
    """How many are connected and listen to how much, and how many were closed."""

    clients: int
    users: int
    subscriptions: int
    ended: int


class WatchOver:
    """To be run each minute: a session ends no later than that after its time."""

    def __init__(self, *, sessions: Sessions, push: HangUp, clock: Clock) -> None:
        self._sessions = sessions
        self._push = push
        self._clock = clock

    def __call__(self) -> Connected:
        """Close what has ended, and count the rest."""
        now_ms = self._clock()
        sessions = [s for s in self._sessions.all() if now_ms - s.since_ms < LONGEST_MS]
        ended = [s for s in sessions if s.viewer.ended(now_ms)]
        self._push.hang_up(session.connection_id for session in ended)
        for session in ended:
            self._sessions.close(session.connection_id)
        live = [session for session in sessions if session not in ended]
        return Connected(
            clients=len(live),
            users=len({session.viewer.user for session in live}),
            subscriptions=sum(session.subscriptions for session in live),
            ended=len(ended),
        )
