"""A connection's life, on the in-memory twin."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.news import Viewer
from pilotfish.usecases.connect import SUBSCRIPTIONS, Connect
from tests.unit.live.twins import MemoryConnections, Time, follows_only

ADA = Viewer("ada")
ROOT = Viewer("root", operator=True)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def connections(clock: Time) -> MemoryConnections:
    return MemoryConnections(clock)


@pytest.fixture
def connect(connections: MemoryConnections, clock: Time) -> Connect:
    traders = {"lead", *(f"lead-{i}" for i in range(100))}
    return Connect(subscriptions=connections, may_see=follows_only(ada=traders), clock=clock)


def say(connect: Connect, viewer: Viewer, **command: Any) -> dict[str, Any]:
    return dict(connect.command("c1", viewer, json.dumps(command)))


def test_a_member_hears_its_own_news(connect: Connect, connections: MemoryConnections) -> None:
    connect.connect("c1", ADA)
    assert connections.topics_of("c1") == {"user:ada"}


def test_an_operator_hears_all(connect: Connect, connections: MemoryConnections) -> None:
    connect.connect("c1", ROOT)
    assert connections.topics_of("c1") == {"user:root", "all"}


def test_after_the_end_nothing_is_left(connect: Connect, connections: MemoryConnections) -> None:
    connect.connect("c1", ROOT)
    connect.disconnect("c1")
    assert connections.topics_of("c1") == frozenset()


def test_ping_is_answered_with_the_time_and_its_id(connect: Connect, clock: Time) -> None:
    assert say(connect, ADA, action="ping", id="p1") == {
        "type": "PONG",
        "id": "p1",
        "timestamp": clock(),
    }


def test_a_followed_trader_may_be_heard_and_left(
    connect: Connect, connections: MemoryConnections, clock: Time
) -> None:
    acknowledged = {"type": "ACK", "id": 1, "channel": "trader:lead", "timestamp": clock()}
    assert say(connect, ADA, action="subscribe", channel="trader:lead", id=1) == acknowledged
    assert connections.topics_of("c1") == {"trader:lead"}
    assert say(connect, ADA, action="unsubscribe", channel="trader:lead", id=1) == acknowledged
    assert connections.topics_of("c1") == frozenset()


def test_a_stranger_may_not_be_watched(
    connect: Connect, connections: MemoryConnections, clock: Time
) -> None:
    answer = say(connect, Viewer("eve"), action="subscribe", channel="trader:lead", id=9)
    assert answer == {
        "type": "ERROR",
        "id": 9,
        "code": "not_allowed",
        "message": "you do not follow this trader",
        "timestamp": clock(),
    }
    assert connections.topics_of("c1") == frozenset()


def test_an_operator_may_watch_anybody(connect: Connect, connections: MemoryConnections) -> None:
    assert say(connect, ROOT, action="subscribe", channel="trader:any")["type"] == "ACK"
    assert connections.topics_of("c1") == {"trader:any"}


def test_subscriptions_are_limited_but_the_same_one_again_is_not_another(
    connect: Connect, connections: MemoryConnections
) -> None:
    connect.connect("c1", ADA)
    wanted = [f"trader:lead-{i}" for i in range(SUBSCRIPTIONS)]
    kinds = [say(connect, ADA, action="subscribe", channel=name)["type"] for name in wanted]
    assert kinds == ["ACK"] * (SUBSCRIPTIONS - 1) + ["ERROR"]
    refused = say(connect, ADA, action="subscribe", channel=wanted[-1], id=3)
    assert (refused["code"], refused["id"]) == ("too_many_subscriptions", 3)
    assert say(connect, ADA, action="subscribe", channel=wanted[0])["type"] == "ACK"
    assert len(connections.topics_of("c1")) == SUBSCRIPTIONS


def test_a_bad_command_costs_nothing(connect: Connect, connections: MemoryConnections) -> None:
    connect.connect("c1", ADA)
    assert connect.command("c1", ADA, "{")["code"] == "bad_json"
    assert say(connect, ADA, action="fly", id=4)["code"] == "unknown_command"
    assert connections.topics_of("c1") == {"user:ada"}
    assert say(connect, ADA, action="ping")["type"] == "PONG"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ACTIONS = st.sampled_from(["ping", "subscribe", "unsubscribe", "PING", ""])
CHANNELS = st.sampled_from(["trader:lead", "trader:", "user:eve", "all", "ticket#0"])
COMMANDS = st.fixed_dictionaries(
    {}, optional={"action": ACTIONS | JSON, "channel": CHANNELS | st.text() | JSON, "id": JSON}
)


@given(body=st.text() | (COMMANDS | JSON).map(json.dumps))
def test_whatever_is_said_is_answered_and_opens_nothing(body: str) -> None:
    clock = Time()
    connections = MemoryConnections(clock)
    connect = Connect(subscriptions=connections, may_see=follows_only(eve={"lead"}), clock=clock)
    answer = connect.command("c1", Viewer("eve"), body)
    assert answer["type"] in {"ACK", "PONG", "ERROR"}
    json.dumps(answer).encode()
    assert connections.topics_of("c1") <= {"trader:lead"}
