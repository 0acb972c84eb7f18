"""A connection's events, replayed: what it then listens to, and what it is answered."""

import json
from typing import Any

import pytest

from pilotfish.adapters.dynamo.connections import DynamoConnections
from pilotfish.clock import utc_ms
from tests.contract.live.conftest import TABLE
from tests.contract.live.gateway import Gateway
from tests.handlers.conftest import Load, sample, samples

WHO = sample("socket/connect.json")["requestContext"]["connectionId"]


@pytest.fixture
def listening(dynamodb: Any) -> Any:
    return lambda: DynamoConnections(dynamodb, TABLE, utc_ms).topics_of(WHO)


def follow(dynamodb: Any, leader: str, owner: str, *, active: bool = True) -> None:
    item = {"pk": leader, "sk": f"{leader}.{owner}", "owner": owner}
    stored: dict[str, Any] = {name: {"S": value} for name, value in item.items()}
    dynamodb.put_item(TableName="follows", Item=stored | {"active": {"BOOL": active}})


def answers(gateway: Gateway) -> list[Any]:
    return [json.loads(frame) for frame in gateway.posted[WHO]]


@pytest.mark.parametrize(
    ("path", "topics"),
    [
        ("socket/connect.json", {"user:ben"}),
        ("socket/connect_operator.json", None),
    ],
)
def test_connecting_and_leaving(
    load: Load, listening: Any, path: str, topics: set[str] | None
) -> None:
    event = sample(path)
    user = event["requestContext"]["authorizer"]["user"]
    who = event["requestContext"]["connectionId"]
    socket = load("socket")
    assert socket.handler(event, None) == {"statusCode": 200}
    assert listening() == (topics or {f"user:{user}", "all"})
    leave = sample("socket/disconnect.json")
    leave["requestContext"]["connectionId"] = who
    del leave["requestContext"]["authorizer"]
    assert socket.handler(leave, None) == {"statusCode": 200}
    assert listening() == frozenset()


def test_ping(load: Load, gateway: Gateway) -> None:
    assert load("socket").handler(sample("socket/message_ping.json"), None) == {"statusCode": 200}
    (answer,) = answers(gateway)
    assert (answer["type"], answer["id"]) == ("PONG", "p-1")
    assert abs(answer["timestamp"] - utc_ms()) < 60_000


def test_a_follower_hears_its_leader_until_it_does_not_want_to(
    load: Load, gateway: Gateway, dynamodb: Any, listening: Any
) -> None:
    follow(dynamodb, "ada-usdm", "ben")
    socket = load("socket")
    socket.handler(sample("socket/message_subscribe.json"), None)
    assert listening() == {"trader:ada-usdm"}
    socket.handler(sample("socket/message_unsubscribe.json"), None)
    assert listening() == frozenset()
    assert [answer["type"] for answer in answers(gateway)] == ["ACK", "ACK"]


def test_the_owner_of_an_account_may_watch_it(load: Load, dynamodb: Any, listening: Any) -> None:
    dynamodb.put_item(TableName="accounts", Item={"pk": {"S": "ada-usdm"}, "owner": {"S": "ben"}})
    load("socket").handler(sample("socket/message_subscribe.json"), None)
    assert listening() == {"trader:ada-usdm"}


def test_a_stranger_and_a_former_follower_may_not(
    load: Load, gateway: Gateway, dynamodb: Any, listening: Any
) -> None:
    follow(dynamodb, "ada-usdm", "eve")
    follow(dynamodb, "ada-usdm", "ben", active=False)
    dynamodb.put_item(TableName="accounts", Item={"pk": {"S": "ada-usdm"}, "owner": {"S": "ada"}})
    load("socket").handler(sample("socket/message_subscribe.json"), None)
    assert [(one["type"], one["code"], one["id"]) for one in answers(gateway)] == [
        ("ERROR", "not_allowed", 1)
    ]
    assert listening() == frozenset()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("socket/message_bad_json.json", "bad_json"),
        ("socket/message_unknown_action.json", "unknown_command"),
    ],
)
def test_what_is_not_understood_is_answered(
    load: Load, gateway: Gateway, path: str, code: str
) -> None:
    assert load("socket").handler(sample(path), None) == {"statusCode": 200}
    (answer,) = answers(gateway)
    assert (answer["type"], answer["code"]) == ("ERROR", code)
    assert answer["message"]


@pytest.mark.parametrize("path", samples("socket"))
def test_every_sample_twice(load: Load, path: str) -> None:
    socket = load("socket")
    for _ in range(2):
        assert socket.handler(sample(path), None) == {"statusCode": 200}
