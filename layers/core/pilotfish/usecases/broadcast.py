"""Tell the clients who may see it about a fill or a copy order's change of state."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pilotfish.domain.news import News
from pilotfish.ports import Push, Subscribers

# API Gateway cuts a WebSocket message into frames of 32 KB and bills by them.
FRAME_BYTES = 30_000


class Broadcast:
    """Posts each connection what it may see, in order, many messages to a frame."""

    def __init__(self, *, subscribers: Subscribers, push: Push) -> None:
        self._subscribers = subscribers
        self._push = push

    def __call__(self, news: Iterable[News]) -> int:
        """Returns how many connections were told."""
        news = list(news)
        topics = {topic for item in news for topic in item.topics}
        listening = self._subscribers.of_topics(topics)
        messages: dict[str, list[bytes]] = defaultdict(list)
        for item in news:
            connections = {c for topic in item.topics for c in listening.get(topic, ())}
            if not connections:
                continue
            encoded = json.dumps(item.message, separators=(",", ":")).encode()
            for connection in connections:
                messages[connection].append(encoded)
        if not messages:
            return 0
        gone = self._push.post({who: list(frames(sent)) for who, sent in messages.items()})
        for connection in gone:
            self._subscribers.forget(connection)
        return len(messages) - len(gone)


def frames(messages: Sequence[bytes]) -> Iterable[bytes]:
    """One message alone as it is; several as `{"type": "BATCH", "messages": […]}`."""
    batch: list[bytes] = []
    size = 0
    for message in messages:
        if batch and size + len(message) > FRAME_BYTES:
            yield _frame(batch)
            batch, size = [], 0
        batch.append(message)
        size += len(message) + 1
    if batch:
        yield _frame(batch)


def _frame(messages: Sequence[bytes]) -> bytes:
    if len(messages) == 1:
        return messages[0]
    return b'{"type":"BATCH","messages":[' + b",".join(messages) + b"]}"
