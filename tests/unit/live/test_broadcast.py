"""Who is told what, in which order, in how few frames."""

import json
from typing import Any

import pytest

from pilotfish.domain.news import News
from pilotfish.usecases.broadcast import FRAME_BYTES, Broadcast, frames
from tests.unit.live.twins import MemoryConnections, RecordedPush, Time


@pytest.fixture
def connections() -> MemoryConnections:
    return MemoryConnections(Time())


def news(number: int, *topics: str) -> News:
    return News(topics, {"number": number})


def told(push: RecordedPush) -> dict[str, list[Any]]:
    (posted,) = push.posted
    return {
        who: [number for frame in sent for number in numbers(frame)] for who, sent in posted.items()
    }


def numbers(frame: bytes) -> list[int]:
    message = json.loads(frame)
    inner = message["messages"] if message.get("type") == "BATCH" else [message]
    return [one["number"] for one in inner]


def test_each_connection_is_told_its_news_in_order(connections: MemoryConnections) -> None:
    connections.add("c1", "ada", ["user:ada"], 0)
    connections.add("c2", "bob", ["user:bob", "trader:lead"], 0)
    push = RecordedPush()
    broadcast = Broadcast(subscribers=connections, push=push)
    batch = [
        news(1, "user:ada", "trader:lead"),
        news(2, "user:bob"),
        news(3, "user:eve"),
        news(4, "user:ada"),
    ]
    assert broadcast(batch) == 2
    assert told(push) == {"c1": [1, 4], "c2": [1, 2]}


def test_news_on_two_of_its_topics_is_told_once(connections: MemoryConnections) -> None:
    connections.add("op", "root", ["user:root", "all", "trader:lead"], 0)
    push = RecordedPush()
    Broadcast(subscribers=connections, push=push)([news(1, "user:root", "trader:lead", "all")])
    assert told(push) == {"op": [1]}


def test_nobody_listening_costs_no_post(connections: MemoryConnections) -> None:
    push = RecordedPush()
    assert Broadcast(subscribers=connections, push=push)([news(1, "user:ada")]) == 0
    assert push.posted == []


def test_the_gone_are_forgotten_and_not_counted(connections: MemoryConnections) -> None:
    connections.add("c1", "ada", ["all"], 0)
    connections.add("c2", "bob", ["all"], 0)
    broadcast = Broadcast(subscribers=connections, push=RecordedPush(gone=["c1"]))
    assert broadcast([news(1, "all")]) == 1
    assert connections.of_topics(["all"]) == {"all": {"c2"}}


def test_a_lone_message_goes_as_it_is() -> None:
    assert list(frames([b'{"a":1}'])) == [b'{"a":1}']


def test_many_messages_share_frames_below_the_gateways_limit() -> None:
    messages = [json.dumps({"number": i, "text": "x" * 700}).encode() for i in range(100)]
    sent = list(frames(messages))
    assert all(len(frame) < 32 * 1024 for frame in sent)
    assert len(sent) == -(-sum(len(m) + 1 for m in messages) // FRAME_BYTES)
    assert [number for frame in sent for number in numbers(frame)] == list(range(100))
