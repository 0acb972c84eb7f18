"""In-memory twins of what the live path needs; held to the adapters by tests/contract/live."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pilotfish.adapters.dynamo.connections import CONNECTING_MS
from pilotfish.domain.news import Viewer


class Time:
    """A clock that a test sets."""

    def __init__(self, now_ms: int = 1_763_726_400_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


class MemoryConnections:
    """Subscriptions and subscribers in a dictionary."""

    def __init__(self, clock: Time) -> None:
        self._clock = clock
        self._topics: dict[str, dict[str, int]] = defaultdict(dict)

    def add(self, connection_id: str, user: str, topics: Iterable[str], now_ms: int) -> None:
        for topic in topics:
            self._topics[topic][connection_id] = now_ms

    def remove(self, connection_id: str, topic: str) -> None:
        self._topics[topic].pop(connection_id, None)

    def topics_of(self, connection_id: str) -> frozenset[str]:
        return frozenset(topic for topic, who in self._topics.items() if connection_id in who)

    def drop(self, connection_id: str) -> None:
        for topic in self.topics_of(connection_id):
            self.remove(connection_id, topic)

    def of_topics(self, topics: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {topic: frozenset(self._topics[topic]) for topic in topics if topic in self._topics}

    def forget(self, connection_id: str) -> None:
        settled_ms = self._clock() - CONNECTING_MS
        for topic in self.topics_of(connection_id):
            if self._topics[topic][connection_id] < settled_ms:
                self.remove(connection_id, topic)


class RecordedPush:
    """Remembers what it was to post; the connections in `gone` have ended."""

    def __init__(self, gone: Iterable[str] = ()) -> None:
        self.gone = set(gone)
        self.posted: list[dict[str, list[bytes]]] = []

    def post(self, frames: Mapping[str, Sequence[bytes]]) -> set[str]:
        self.posted.append({who: list(sent) for who, sent in frames.items()})
        return self.gone & set(frames)


def follows_only(**traders: set[str]) -> "object":
    """`follows_only(ada={"lead-1"})`: who may see whom."""

    def may_see(viewer: Viewer, trader: str) -> bool:
        return trader in traders.get(viewer.user, set())

    return may_see
