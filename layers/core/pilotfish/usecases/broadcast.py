"""Tell the clients who may see it about a fill or a copy order's change of state."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilotfish.domain.channels import channel_of
from pilotfish.domain.frames import frames
from pilotfish.domain.logs import Entry, Numbered
from pilotfish.domain.messages import Behind, encode
from pilotfish.domain.news import News
from pilotfish.domain.posting import Posted
from pilotfish.ports import Clock

# A connection that fell behind and was never reached again is reaped by its next 410.
KEPT_BEHIND = 10_000


class Subscribers(Protocol):
    """Who listens to what."""

    def of_topics(self, topics: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Connection ids by topic, of the topics whose log is kept, listened to or not."""

    def forget(self, connection_id: str) -> None:
        """The connection is gone."""


class Push(Protocol):
    """Sends to WebSocket connections."""

    def post(self, frames: Mapping[str, Sequence[bytes]]) -> Posted:
        """Send each connection its frames in order, and different connections side by side."""


class Log(Protocol):
    """What channels of events told."""

    def append(self, entries: Mapping[str, Sequence[Entry]]) -> Mapping[str, Sequence[Numbered]]:
        """The entries by topic under their numbers, in the order of the numbers, each once."""


@dataclass(frozen=True, slots=True)
class Happened:
    """News, and since when they can have been told (UTC ms)."""

    news: News
    at_ms: int


@dataclass(frozen=True, slots=True)
class Told:
    """`connections` were told `messages` messages; what was dropped, by reason."""

    connections: int
    messages: int
    posted: Posted


class Broadcast:
    """Writes each channel's log, then posts each connection what it may see, in order.

    A connection that could not be told is told later that it is behind, and resumes.
    """

    def __init__(self, *, subscribers: Subscribers, log: Log, push: Push, clock: Clock) -> None:
        self._subscribers = subscribers
        self._log = log
        self._push = push
        self._clock = clock
        self._behind: dict[str, dict[str, int]] = {}

    def __call__(self, happened: Sequence[Happened]) -> Told:
        """Raises what the log raises; nobody was told then."""
        topics = {topic for each in happened for topic in each.news.topics}
        listening = self._subscribers.of_topics(topics)
        told = self._log.append(_entries(happened, listening))
        messages, heads = _by_connection(happened, listening, told)
        if not messages:
            return Told(0, 0, Posted())
        sent = {who: list(frames(some)) for who, some in messages.items()}
        before = {who: self._behind.pop(who) for who in sent if who in self._behind}
        for who, behind in before.items():
            notice = Behind(timestamp=self._clock(), channels={**behind, **heads[who]})
            sent[who].insert(0, encode(notice))
        posted = self._push.post(sent)
        for who in posted.gone:
            self._subscribers.forget(who)
        for who in posted.behind - posted.gone:
            self._behind[who] = {**before.get(who, {}), **heads[who]}
        while len(self._behind) > KEPT_BEHIND:
            self._behind.pop(next(iter(self._behind)))
        count = sum(len(some) for some in messages.values())
        return Told(len(messages) - len(posted.gone), count, posted)


def _entries(
    happened: Sequence[Happened], kept: Mapping[str, frozenset[str]]
) -> dict[str, list[Entry]]:
    """What is to be told on each topic whose log is kept, in order."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    for each in happened:
        for topic in each.news.topics:
            if topic in kept:
                entries[topic].append(_entry(each, channel_of(topic)))
    return entries


def _entry(happened: Happened, channel: str) -> Entry:
    message = happened.news.message
    return Entry(happened.news.name, happened.at_ms, lambda seq: encode(message(channel, seq)))


def _by_connection(
    happened: Sequence[Happened],
    listening: Mapping[str, frozenset[str]],
    told: Mapping[str, Sequence[Numbered]],
) -> tuple[dict[str, list[bytes]], dict[str, dict[str, int]]]:
    """Each connection's messages: as things happened, and within a channel by number."""
    messages: dict[str, list[bytes]] = defaultdict(list)
    heads: dict[str, dict[str, int]] = defaultdict(dict)
    left = {topic: iter(some) for topic, some in told.items()}
    for each in happened:
        for topic in each.news.topics:
            numbered = next(left[topic], None) if topic in left else None
            if numbered is None:
                continue
            for who in listening[topic]:
                messages[who].append(numbered.body)
                heads[who][channel_of(topic)] = numbered.seq
    return messages, heads
