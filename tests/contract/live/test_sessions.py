"""Who is connected, and how often each speaks."""

from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.adapters.dynamo.connections import LIFETIME_S, DynamoConnections
from pilotfish.adapters.dynamo.sessions import DynamoSessions
from pilotfish.domain.viewers import Session, Viewer
from tests.contract.live.conftest import TABLE
from tests.unit.live.twins import MemorySessions, Time

ADA = Viewer("ada", until_ms=1_900_000_000_000)


@pytest.fixture(params=["memory", "dynamodb"])
def worker(request: pytest.FixtureRequest) -> Callable[[], Any]:
    if request.param == "memory":
        twin = MemorySessions()
        return lambda: twin
    client = request.getfixturevalue("dynamodb")
    return lambda: DynamoSessions(client, TABLE)


def test_messages_are_counted_by_the_second(worker: Callable[[], Any], clock: Time) -> None:
    worker().open("c1", ADA, clock())
    worker().open("c2", ADA, clock())
    assert [worker().spend("c1", clock()) for _ in range(3)] == [1, 2, 3]
    assert worker().spend("c2", clock()) == 1
    assert worker().spend("c1", clock() + 1_000) == 1
    assert worker().spend("c1", clock() + 1_000) == 2


def test_who_is_connected_is_known_until_it_ends(dynamodb: Any, clock: Time) -> None:
    sessions = DynamoSessions(dynamodb, TABLE)
    sessions.open("c1", ADA, clock())
    sessions.open("c2", Viewer("root", operator=True), clock() + 1)
    sessions.spend("c2", clock())
    assert sessions.all() == [
        Session("c1", ADA, clock(), 0),
        Session("c2", Viewer("root", operator=True), clock() + 1, 0),
    ]
    sessions.close("c1")
    sessions.close("c1")
    assert [session.connection_id for session in sessions.all()] == ["c2"]


def test_a_connections_subscriptions_are_counted(dynamodb: Any, clock: Time) -> None:
    sessions = DynamoSessions(dynamodb, TABLE)
    connections = DynamoConnections(dynamodb, TABLE, clock)
    sessions.open("c1", ADA, clock())
    for _ in range(2):
        connections.add("c1", ADA, ["copies|ada", "positions|ada", "trades|ada"], clock())
    connections.remove("c1", "trades|ada")
    connections.remove("c1", "trades|ada")
    (session,) = sessions.all()
    assert session.subscriptions == 2
    connections.add("unknown", ADA, ["copies|ada"], clock())
    assert len(sessions.all()) == 1


def test_who_has_left_is_not_there_again_because_it_spoke(dynamodb: Any, clock: Time) -> None:
    assert DynamoSessions(dynamodb, TABLE).spend("c1", clock()) == 1
    assert dynamodb.scan(TableName=TABLE)["Items"] == []


def test_a_row_expires_with_the_gateways_longest_connection(dynamodb: Any, clock: Time) -> None:
    DynamoSessions(dynamodb, TABLE).open("c1", ADA, clock())
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == clock() // 1000 + LIFETIME_S
