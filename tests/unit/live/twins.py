"""In-memory twins of what the live path needs; held to the adapters by tests/contract/live."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pilotfish.adapters.dynamo.connections import CONNECTING_MS, GRACE_S, LIFETIME_S
from pilotfish.adapters.dynamo.highest import KEEP_S
from pilotfish.adapters.dynamo.log_reads import TOGETHER_MS
from pilotfish.domain.channels import channel_of, parse_channel
from pilotfish.domain.logs import Entry, Missed, Numbered, subject_of
from pilotfish.domain.posting import Posted
from pilotfish.domain.viewers import Viewer


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
        self._topics: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        self._markers: dict[str, int] = {}
        self._demand: dict[str, int] = {}

    def add(self, connection_id: str, viewer: Viewer, topics: Iterable[str], now_ms: int) -> bool:
        woken = False
        for topic in topics:
            self._topics[topic][connection_id] = (now_ms, viewer.until_ms or 2**53)
            self.keep([topic], now_ms)
            if parse_channel(channel_of(topic)).of_states:
                woken |= self.demand([topic], now_ms)
        return woken

    def demand(self, topics: Iterable[str], now_ms: int) -> bool:
        new = {*topics} - self._demand.keys()
        self._demand |= dict.fromkeys(topics, now_ms)
        return bool(new)

    def keep(self, topics: Iterable[str], now_ms: int) -> None:
        for topic in topics:
            self._markers[topic] = now_ms + LIFETIME_S * 1000

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]:
        return {topic for topic in topics if self._markers.get(topic, 0) > now_ms}

    def remove(self, connection_id: str, topic: str) -> None:
        self._topics[topic].pop(connection_id, None)

    def topics_of(self, connection_id: str) -> frozenset[str]:
        return frozenset(topic for topic, who in self._topics.items() if connection_id in who)

    def drop(self, connection_id: str) -> None:
        for topic in self.topics_of(connection_id):
            self.remove(connection_id, topic)

    def of_topics(self, topics: Iterable[str]) -> Mapping[str, frozenset[str]]:
        now_ms = self._clock()
        return {
            topic: frozenset(
                who for who, (_, until) in self._topics[topic].items() if until > now_ms
            )
            for topic in topics
            if self._markers.get(topic, -(2**53)) + GRACE_S * 1000 > now_ms
        }

    def forget(self, connection_id: str) -> None:
        settled_ms = self._clock() - CONNECTING_MS
        for topic in self.topics_of(connection_id):
            if self._topics[topic][connection_id][0] < settled_ms:
                self.remove(connection_id, topic)

    def demanded(self) -> list[str]:
        return sorted(self._demand)

    def undemand(self, topic: str, before_ms: int) -> bool:
        if self._demand.get(topic, before_ms) >= before_ms:
            return False
        del self._demand[topic]
        return True


class MemoryLog:
    """What channels told, in lists; numbers that `begin` skipped hold None."""

    def __init__(self, clock: Time) -> None:
        self._clock = clock
        self._begun: dict[str, int] = {}
        self._topics: dict[str, list[tuple[str, bytes] | None]] = defaultdict(list)

    def append(self, entries: Mapping[str, Sequence[Entry]]) -> dict[str, list[Numbered]]:
        told = {}
        for topic, some in entries.items():
            log = self._topics[topic]
            numbers = {each[0]: seq for seq, each in enumerate(log, start=1) if each}
            for entry in some:
                if entry.name not in numbers and not overtaken(entry.name, numbers):
                    numbers[entry.name] = len(log) + 1
                    log.append((entry.name, entry.told(len(log) + 1)))
            seqs = sorted({numbers[entry.name] for entry in some if entry.name in numbers})
            told[topic] = [Numbered(seq, log[seq - 1][1]) for seq in seqs]  # type: ignore[index]
        return told

    def begin(self, topic: str) -> int:
        if self._clock() - self._begun.get(topic, -TOGETHER_MS - 1) > TOGETHER_MS:
            self._topics[topic].append(None)
            self._begun[topic] = self._clock()
        return len(self._topics[topic])

    def heads(self, topics: Iterable[str]) -> dict[str, int]:
        return {topic: len(self._topics[topic]) for topic in topics}

    def missed(self, topic: str, after: int, limit: int) -> Missed:
        log = self._topics[topic]
        left = log[after:]
        cannot = after > len(log) or len(left) > limit or None in left
        return Missed(len(log), None if cannot else [each[1] for each in left if each])

    def latest(self, topic: str, limit: int) -> list[bytes]:
        return [each[1] for each in self._topics[topic] if each][-limit:]


def overtaken(name: str, told: Iterable[str]) -> bool:
    """Whether a later change of the same thing is among what was told."""
    changes = [change for each in told if (change := subject_of(each))]
    own = subject_of(name)
    return own is not None and any(own[0] == who and own[1] < later for who, later in changes)


class MemorySessions:
    """Who is connected, and how often each has spoken this second."""

    def __init__(self) -> None:
        self.open_now: dict[str, Viewer] = {}
        self._said: dict[tuple[str, int], int] = defaultdict(int)

    def open(self, connection_id: str, viewer: Viewer, now_ms: int) -> None:
        self.open_now[connection_id] = viewer

    def close(self, connection_id: str) -> None:
        self.open_now.pop(connection_id, None)

    def spend(self, connection_id: str, now_ms: int) -> int:
        self._said[connection_id, now_ms // 1000] += 1
        return self._said[connection_id, now_ms // 1000]


class RecordedPush:
    """Remembers what it was to post; `gone` have ended, and `slow` take nothing."""

    def __init__(self, gone: Iterable[str] = (), slow: Iterable[str] = ()) -> None:
        self.gone = set(gone)
        self.slow = set(slow)
        self.posted: list[dict[str, list[bytes]]] = []

    def post(self, frames: Mapping[str, Sequence[bytes]]) -> Posted:
        self.posted.append({who: list(sent) for who, sent in frames.items()})
        return Posted(gone=self.gone & set(frames), behind=self.slow & set(frames))


def follows_only(**traders: set[str]) -> Callable[[Viewer, str], bool]:
    """`follows_only(ada={"lead-1"})`: who may see whom."""

    def may_see(viewer: Viewer, trader: str) -> bool:
        return trader in traders.get(viewer.user, set())

    return may_see


class MemoryHighest:
    """In a dictionary, with when it expires."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Decimal, int]] = {}

    def of(self, user: str, now_ms: int) -> Decimal | None:
        highest, until_ms = self.kept.get(user, (None, 0))
        return highest if until_ms > now_ms else None

    def raise_to(self, user: str, total: Decimal, now_ms: int) -> None:
        before = self.of(user, now_ms)
        if before is None or total >= before:
            self.kept[user] = total, now_ms + KEEP_S * 1000


class NoPast:
    """Nothing is known of the past."""

    def latest(self, *_: Any) -> tuple[Sequence[Any], bool]:
        return [], True

    def page(self, *_: Any) -> tuple[Sequence[Any], str | None]:
        return [], None
