"""Who is told what, under which numbers, in how few frames."""

import json
from typing import Any

import pytest

from pilotfish.domain.frames import FRAME_BYTES, frames
from pilotfish.domain.messages import Alert, AlertNote, Severity
from pilotfish.domain.news import News
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.broadcast import Broadcast, Happened
from tests.unit.live.twins import MemoryConnections, MemoryLog, RecordedPush, Time

ADA, BOB = Viewer("ada"), Viewer("bob")


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def connections(clock: Time) -> MemoryConnections:
    return MemoryConnections(clock)


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog(Time())


def broadcaster(
    connections: MemoryConnections, log: MemoryLog, push: RecordedPush, clock: Time
) -> Broadcast:
    return Broadcast(subscribers=connections, log=log, push=push, clock=clock)


def news(name: str, *topics: str) -> Happened:
    note = AlertNote(
        id=name,
        kind="drift",
        severity=Severity.INFO,
        message="",
        account="",
        symbol="",
        about="",
    )

    def told(channel: str, seq: int) -> Alert:
        return Alert(channel=channel, seq=seq, timestamp=1, alert=note)

    return Happened(News(name, topics, told, 0), 0)


def told(posted: dict[str, list[bytes]]) -> dict[str, list[tuple[str, str, int]]]:
    return {
        who: [
            (one["alert"]["id"], one["channel"], one["seq"])
            for frame in sent
            for one in inner(frame)
        ]
        for who, sent in posted.items()
    }


def inner(frame: bytes) -> list[Any]:
    message = json.loads(frame)
    return list(message["messages"]) if message["type"] == "BATCH" else [message]


def test_each_connection_is_told_its_news_in_order_each_channel_by_its_own_numbers(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    connections.add("c1", ADA, ["trades|ada"], clock())
    connections.add("c2", BOB, ["trades|bob", "trader:lead"], clock())
    push = RecordedPush()
    batch = [
        news("1", "trades|ada", "trader:lead"),
        news("2", "trades|bob"),
        news("3", "trades|eve"),
        news("4", "trades|ada"),
    ]

    done = broadcaster(connections, log, push, clock)(batch)

    assert (done.connections, done.messages) == (2, 4)
    (posted,) = push.posted
    assert told(posted) == {
        "c1": [("1", "trades", 1), ("4", "trades", 2)],
        "c2": [("1", "trader:lead", 1), ("2", "trades", 1)],
    }


def test_what_is_delivered_again_has_the_numbers_that_it_had(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    connections.add("c1", ADA, ["copies|ada"], clock())
    push = RecordedPush()
    tell = broadcaster(connections, log, push, clock)

    tell([news("1", "copies|ada"), news("2", "copies|ada")])
    tell([news("3", "copies|ada"), news("1", "copies|ada"), news("1", "copies|ada")])

    assert told(push.posted[0]) == {"c1": [("1", "copies", 1), ("2", "copies", 2)]}
    assert told(push.posted[1]) == {"c1": [("1", "copies", 1), ("3", "copies", 3)]}


def test_what_nobody_listens_to_costs_no_number_and_no_post(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    push = RecordedPush()
    assert broadcaster(connections, log, push, clock)([news("1", "copies|ada")]).messages == 0
    assert push.posted == []
    assert log.heads(["copies|ada"]) == {"copies|ada": 0}


def test_a_channel_that_was_listened_to_lately_goes_on(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    connections.add("c1", ADA, ["copies|ada"], clock())
    connections.drop("c1")
    push = RecordedPush()

    broadcaster(connections, log, push, clock)([news("1", "copies|ada")])

    assert push.posted == []
    assert log.missed("copies|ada", 0, 10).messages


def test_the_gone_are_forgotten_and_not_counted(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    connections.add("c1", ADA, ["copies|*"], clock() - 60_000)
    connections.add("c2", BOB, ["copies|*"], clock())
    tell = broadcaster(connections, log, RecordedPush(gone=["c1"]), clock)

    assert tell([news("1", "copies|*")]).connections == 1
    assert connections.of_topics(["copies|*"]) == {"copies|*": {"c2"}}


def test_who_was_not_reached_is_told_so_until_it_is(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    connections.add("c1", ADA, ["copies|ada", "trades|ada"], clock())
    push = RecordedPush(slow=["c1"])
    tell = broadcaster(connections, log, push, clock)

    tell([news("1", "trades|ada")])
    tell([news("2", "copies|ada")])
    push.slow.clear()
    tell([news("3", "copies|ada")])
    tell([news("4", "copies|ada")])

    first = [json.loads(posted["c1"][0]) for posted in push.posted]
    assert [one["type"] for one in first] == ["ALERT", "BEHIND", "BEHIND", "ALERT"]
    assert first[2]["channels"] == {"trades": 1, "copies": 2}


def test_a_session_that_has_ended_hears_nothing(
    connections: MemoryConnections, log: MemoryLog, clock: Time
) -> None:
    connections.add("c1", Viewer("ada", until_ms=clock() + 1_000), ["copies|ada"], clock())
    push = RecordedPush()
    tell = broadcaster(connections, log, push, clock)

    tell([news("1", "copies|ada")])
    clock.now_ms += 1_000
    tell([news("2", "copies|ada")])

    assert len(push.posted) == 1


def test_a_lone_message_goes_as_it_is() -> None:
    assert list(frames([b'{"a":1}'])) == [b'{"a":1}']


def test_many_messages_share_frames_below_the_gateways_limit() -> None:
    messages = [
        json.dumps({"type": "X", "number": i, "text": "x" * 700}).encode() for i in range(100)
    ]
    sent = list(frames(messages))
    assert all(len(frame) < 32 * 1024 for frame in sent)
    assert len(sent) == -(-sum(len(m) + 1 for m in messages) // FRAME_BYTES)
    assert [one["number"] for frame in sent for one in inner(frame)] == list(range(100))
