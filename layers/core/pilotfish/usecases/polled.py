"""Subscriptions of who asks again and again instead of listening."""

from collections.abc import Iterable
from typing import Protocol

from pilotfish.domain.channels import channel_of, parse_channel
from pilotfish.domain.viewers import Viewer

# A log is kept for two hours after the last one who listened.
AGAIN_MS = 30 * 60_000
# A state is looked after for twenty seconds after the last one who wanted it.
DEMAND_MS = 8_000
REMEMBERED = 10_000


class Kept(Protocol):
    """Which logs are kept, and which states are looked after."""

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]: ...

    def keep(self, topics: Iterable[str], now_ms: int) -> None: ...

    def demand(self, topics: Iterable[str], now_ms: int) -> bool:
        """Whether one of them was not looked after before."""


class Polled:
    """There is no connection: of events the log is kept, of states the figures are.

    What is new is read from those, at the next question.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._since_ms: dict[str, int] = {}

    def add(self, connection_id: str, viewer: Viewer, topics: Iterable[str], now_ms: int) -> bool:
        """Whatever happens after this returns is in the log, and states are kept up with."""
        if len(self._since_ms) > REMEMBERED:
            self._since_ms.clear()
        woken = False
        for topic in topics:
            of_states = parse_channel(channel_of(topic)).of_states
            if now_ms - self._since_ms.get(topic, 0) <= (DEMAND_MS if of_states else AGAIN_MS):
                continue
            if of_states:
                woken |= self._kept.demand([topic], now_ms)
            else:
                self._kept.keep([topic], now_ms)
            self._since_ms[topic] = now_ms
        return woken

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]:
        """The topics whose log is kept."""
        wanted = list(topics)
        return self._kept.is_kept(wanted, now_ms) if wanted else set()

    def remove(self, connection_id: str, topic: str) -> None:
        """Who does not ask any more hears nothing."""

    def topics_of(self, connection_id: str) -> frozenset[str]:
        """Nothing is remembered."""
        return frozenset()

    def drop(self, connection_id: str) -> None:
        """There is nothing to forget."""


class Unpaced:
    """Sessions of who polls: requests are counted where they come in."""

    def open(self, connection_id: str, viewer: Viewer, now_ms: int) -> None:
        """There is no connection."""

    def close(self, connection_id: str) -> None:
        """There was none."""

    def spend(self, connection_id: str, now_ms: int) -> int:
        """Never too many."""
        return 0
