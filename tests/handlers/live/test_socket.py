"""A connection's events, replayed: what it then listens to, and what it is answered."""

import json
from typing import Any

import pytest

from pilotfish.adapters.dynamo.connections import DynamoConnections
from pilotfish.clock import utc_ms
from tests.contract.live.gateway import Gateway
from tests.handlers.conftest import Load, sample, samples

WHO = sample("socket/connect.json")["requestContext"]["connectionId"]


@pytest.fixture
def listening(dynamodb: Any) -> Any:
    return lambda who=WHO: DynamoConnections(dynamodb, "ConnectionsTable", utc_ms).topics_of(who)


def follow(
    dynamodb: Any, leader: str, owner: str, *, active: bool = True, status: str = "stopped"
) -> None:
    item = {"pk": leader, "sk": f"{leader}.{owner}", "owner": owner, "status": status}
    stored: dict[str, Any] = {name: {"S": value} for name, value in item.items()}
    dynamodb.put_item(TableName="FollowsTable", Item=stored | {"active": {"BOOL": active}})


def answers(gateway: Gateway) -> list[Any]:
    return [json.loads(frame) for frame in gateway.posted[WHO]]


def said(text: str) -> Any:
    return sample("socket/message_ping.json") | {"body": text}


@pytest.mark.parametrize(
    ("path", "topics"),
    [
        ("socket/connect.json", {"trades|ben", "copies|ben"}),
        ("socket/connect_operator.json", {"trades|*", "copies|*"}),
    ],
)
def test_connecting_and_leaving(load: Load, listening: Any, path: str, topics: set[str]) -> None:
    event = sample(path)
    who = event["requestContext"]["connectionId"]
    socket = load("socket")
    assert socket.handler(event, None) == {"statusCode": 200}
    assert listening(who) == topics
    leave = sample("socket/disconnect.json")
    leave["requestContext"]["connectionId"] = who
    del leave["requestContext"]["authorizer"]
    assert socket.handler(leave, None) == {"statusCode": 200}
    assert listening(who) == frozenset()


def test_who_asks_to_hear_what_there_is_not_is_not_let_in(load: Load, listening: Any) -> None:
    event = sample("socket/connect.json")
    event["queryStringParameters"]["channels"] = "copies|*"
    assert load("socket").handler(event, None) == {"statusCode": 400}
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


@pytest.mark.parametrize("status", ["paused", "close_only"])
def test_who_still_copies_exits_may_watch(
    load: Load, dynamodb: Any, listening: Any, status: str
) -> None:
    follow(dynamodb, "ada-usdm", "ben", active=False, status=status)
    load("socket").handler(sample("socket/message_subscribe.json"), None)
    assert listening() == {"trader:ada-usdm"}


def test_the_owner_of_an_account_may_watch_it(load: Load, dynamodb: Any, listening: Any) -> None:
    account = {"pk": {"S": "ada-usdm"}, "owner": {"S": "ben"}}
    dynamodb.put_item(TableName="AccountsTable", Item=account)
    load("socket").handler(sample("socket/message_subscribe.json"), None)
    assert listening() == {"trader:ada-usdm"}


def test_a_stranger_and_a_former_follower_may_not(
    load: Load, gateway: Gateway, dynamodb: Any, listening: Any
) -> None:
    follow(dynamodb, "ada-usdm", "eve")
    follow(dynamodb, "ada-usdm", "ben", active=False)
    account = {"pk": {"S": "ada-usdm"}, "owner": {"S": "ada"}}
    dynamodb.put_item(TableName="AccountsTable", Item=account)
    load("socket").handler(sample("socket/message_subscribe.json"), None)
    assert [(one["type"], one["code"], one["id"]) for one in answers(gateway)] == [
        ("ERROR", "not_allowed", 1)
    ]
    assert listening() == frozenset()


def test_the_four_documented_commands(load: Load, gateway: Gateway, listening: Any) -> None:
    socket = load("socket")
    for name in ("subscribe_ticker", "get_positions", "get_portfolio"):
        socket.handler(sample(f"socket/message_{name}.json"), None)
    assert listening() == {"price_updates:BTCUSDT"}
    socket.handler(sample("socket/message_unsubscribe_ticker.json"), None)
    assert listening() == frozenset()
    kinds = [(answer["type"], answer["id"]) for answer in answers(gateway)]
    assert kinds == [("ACK", 2), ("POSITION_UPDATE", 4), ("PORTFOLIO_UPDATE", 5), ("ACK", 3)]


def test_who_polls_is_answered_in_the_reply(load: Load, gateway: Gateway, listening: Any) -> None:
    socket = load("socket")
    event = sample("socket/polled_resume.json")
    for _ in range(2):
        snapshot, ack = socket.handler(event, None)["messages"]
        assert (snapshot["type"], ack["type"], ack["id"]) == ("SNAPSHOT", "ACK", 7)
    asked = {**event["polled"], "command": json.dumps({"action": "get_portfolio"})}
    (portfolio,) = socket.handler({"polled": asked}, None)["messages"]
    assert portfolio["type"] == "PORTFOLIO_UPDATE"
    assert gateway.posted == {}


def test_who_resumes_on_a_fresh_stack_is_told_how_things_are(load: Load, gateway: Gateway) -> None:
    load("socket").handler(sample("socket/message_resume.json"), None)
    kinds = [(answer["type"], answer.get("channel")) for answer in answers(gateway)]
    assert kinds == [("SNAPSHOT", "trades"), ("SNAPSHOT", "copies"), ("ACK", None)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (sample("socket/message_bad_json.json")["body"], "bad_json"),
        (sample("socket/message_unknown_action.json")["body"], "unknown_command"),
        ("x" * 33_000, "too_long"),
        ('{"action": ["ping"]}', "bad_command"),
        ("\ud800", "bad_json"),
        ("", "bad_json"),
    ],
)
def test_what_is_not_understood_is_answered_and_the_connection_lives(
    load: Load, gateway: Gateway, body: str, code: str
) -> None:
    socket = load("socket")
    assert socket.handler(said(body), None) == {"statusCode": 200}
    assert socket.handler(said('{"action": "ping"}'), None) == {"statusCode": 200}
    error, pong = answers(gateway)
    assert (error["type"], error["code"]) == ("ERROR", code)
    assert error["message"]
    assert pong["type"] == "PONG"
    assert not gateway.hung_up


def test_too_many_messages_in_a_second_are_refused(
    load: Load, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = load("socket")
    now_ms = utc_ms()
    monkeypatch.setattr(socket.connect, "_clock", lambda: now_ms)
    socket.handler(sample("socket/connect.json"), None)
    for _ in range(11):
        socket.handler(said('{"action": "ping", "id": 1}'), None)
    told = answers(gateway)
    assert [answer["type"] for answer in told] == ["PONG"] * 10 + ["ERROR"]
    assert (told[-1]["code"], told[-1]["limit"], told[-1]["id"]) == ("too_many_messages", 10, 1)


def test_when_the_session_has_ended_so_does_the_connection(load: Load, gateway: Gateway) -> None:
    event = said('{"action": "get_positions"}')
    event["requestContext"]["authorizer"]["until_ms"] = str(utc_ms() - 1)
    assert load("socket").handler(event, None) == {"statusCode": 200}
    assert gateway.hung_up == [WHO]
    assert WHO not in gateway.posted


@pytest.mark.parametrize("path", samples("socket"))
def test_every_sample_twice(load: Load, path: str) -> None:
    socket = load("socket")
    for _ in range(2):
        answer = socket.handler(sample(path), None)
        assert answer == {"statusCode": 200} or "messages" in answer
