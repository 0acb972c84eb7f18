"""Who is connected to the WebSocket, and what is looked after for them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilotfish.domain.channels import channel_of, parse_channel
from pilotfish.domain.viewers import Session
from pilotfish.ports import Clock
from pilotfish.usecases.watch_over import LONGEST_MS


class Sessions(Protocol):
    """Who is connected."""

    def all(self) -> Sequence[Session]: ...


class Demanded(Protocol):
    """States that somebody may listen to."""

    def demanded(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Clients:
    """`demanded` are states that are told, by family: `price_updates`, `positions` …"""

    clients: int
    users: int
    operators: int
    subscriptions: int
    demanded: Mapping[str, int]


class CountClients:
    """Counts alone: who they are is theirs."""

    def __init__(self, *, sessions: Sessions, demanded: Demanded, clock: Clock) -> None:
        self._sessions = sessions
        self._demanded = demanded
        self._clock = clock

    def __call__(self) -> Clients:
        """As of now, without what was left behind by a gateway that closed."""
        now_ms = self._clock()
        live = [
            each
            for each in self._sessions.all()
            if now_ms - each.since_ms < LONGEST_MS and not each.viewer.ended(now_ms)
        ]
        topics = self._demanded.demanded()
        return Clients(
            clients=len(live),
            users=len({each.viewer.user for each in live}),
            operators=sum(each.viewer.operator for each in live),
            subscriptions=sum(each.subscriptions for each in live),
            demanded=Counter(parse_channel(channel_of(topic)).family for topic in topics),
        )
