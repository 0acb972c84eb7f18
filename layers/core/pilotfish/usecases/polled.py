"""Subscriptions of who asks again and again instead of listening."""

from collections.abc import Iterable
from typing import Protocol

from pilotfish.domain.channels import (
    PORTFOLIO,
    POSITIONS,
    TRADER,
    USER_EVENTS,
    channel_of,
    parse_channel,
)
from pilotfish.domain.viewers import Viewer

# What can be asked for: prices and risk are told by who is listened to alone.
FAMILIES = frozenset({*USER_EVENTS, TRADER, POSITIONS, PORTFOLIO})
# A log is kept for two hours after the last one who listened.
AGAIN_MS = 30 * 60_000
REMEMBERED = 10_000


class Kept(Protocol):
    """Which logs are kept."""

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]: ...

    def keep(self, topics: Iterable[str], now_ms: int) -> None: ...


class Polled:
    """There is no connection: a channel's log is kept, and what is new is read from that."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._since_ms: dict[str, int] = {}

    def add(self, connection_id: str, viewer: Viewer, topics: Iterable[str], now_ms: int) -> bool:
        """Whatever happens after this returns is in the log; nobody tells states for it."""
        events = [t for t in topics if not parse_channel(channel_of(t)).of_states]
        if len(self._since_ms) > REMEMBERED:
            self._since_ms.clear()
        for topic in events:
            if now_ms - self._since_ms.get(topic, 0) > AGAIN_MS:
                self._kept.keep([topic], now_ms)
                self._since_ms[topic] = now_ms
        return False

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
