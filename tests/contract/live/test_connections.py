"""What the socket and the broadcaster rely on, of the table's adapter and of its twin."""

from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.adapters.dynamo.connections import (
    CONNECTING_MS,
    KEPT_TOPICS,
    LIFETIME_S,
    DynamoConnections,
)
from tests.contract.live.conftest import TABLE
from tests.unit.live.twins import Time

Worker = Callable[[], Any]


def heard(connections: Any, *topics: str) -> dict[str, set[str]]:
    return {topic: set(who) for topic, who in connections.of_topics(topics).items() if who}


def test_a_connection_hears_its_topics_and_nothing_else(worker: Worker, clock: Time) -> None:
    worker().add("c1", "ada", ["user:ada", "all"], clock())
    worker().add("c2", "bob", ["user:bob"], clock())
    listening = heard(worker(), "user:ada", "user:bob", "user:eve", "all")
    assert listening == {"user:ada": {"c1"}, "user:bob": {"c2"}, "all": {"c1"}}


def test_whoever_came_after_the_last_look_is_heard_of_at_once(worker: Worker, clock: Time) -> None:
    socket, broadcaster = worker(), worker()
    assert heard(broadcaster, "all") == {}
    socket.add("c1", "ada", ["all"], clock())
    assert heard(broadcaster, "all") == {"all": {"c1"}}
    socket.add("c2", "bob", ["all"], clock())
    assert heard(broadcaster, "all") == {"all": {"c1", "c2"}}


def test_more_topics_than_one_read_takes(worker: Worker, clock: Time) -> None:
    worker().add("c1", "ada", [f"trader:{i}" for i in range(12)], clock())
    topics = [f"trader:{i}" for i in range(112)]
    assert heard(worker(), *topics) == {f"trader:{i}": {"c1"} for i in range(12)}


def test_a_topic_is_asked_for_twice_in_one_breath(worker: Worker, clock: Time) -> None:
    worker().add("c1", "ada", ["all"], clock())
    assert heard(worker(), "all", "all") == {"all": {"c1"}}


def test_unsubscribed_is_heard_of_no_more_by_who_looks_anew(worker: Worker, clock: Time) -> None:
    worker().add("c1", "ada", ["user:ada", "trader:lead"], clock())
    worker().remove("c1", "trader:lead")
    worker().remove("c1", "trader:never")
    assert heard(worker(), "user:ada", "trader:lead") == {"user:ada": {"c1"}}
    assert worker().topics_of("c1") == {"user:ada"}


def test_a_dropped_connection_leaves_nothing(worker: Worker, clock: Time) -> None:
    worker().add("c1", "ada", ["user:ada", "all"], clock())
    worker().add("c2", "bob", ["all"], clock())
    worker().drop("c1")
    assert heard(worker(), "user:ada", "all") == {"all": {"c2"}}
    assert worker().topics_of("c1") == frozenset()


def test_a_gone_connection_is_forgotten_by_every_worker(worker: Worker, clock: Time) -> None:
    worker().add("c1", "ada", ["all"], clock())
    worker().add("c2", "bob", ["all"], clock())
    first, second = worker(), worker()
    assert heard(first, "all") == heard(second, "all") == {"all": {"c1", "c2"}}
    clock.now_ms += CONNECTING_MS + 1
    first.forget("c1")
    second.forget("c1")  # The rows are gone by now; what it remembers has to go too.
    assert heard(first, "all") == heard(second, "all") == heard(worker(), "all") == {"all": {"c2"}}


def test_a_connection_that_is_still_connecting_is_not_forgotten(
    worker: Worker, clock: Time
) -> None:
    broadcaster = worker()
    worker().add("c1", "ada", ["all"], clock())
    assert heard(broadcaster, "all") == {"all": {"c1"}}
    broadcaster.forget("c1")  # The gateway says 410 until $connect has returned.
    assert heard(broadcaster, "all") == heard(worker(), "all") == {"all": {"c1"}}


@pytest.fixture
def calls(dynamodb: Any) -> list[str]:
    made: list[str] = []
    dynamodb.meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: made.append(model.name)
    )
    return made


def test_a_burst_costs_one_read_for_each_batch(
    dynamodb: Any, clock: Time, calls: list[str]
) -> None:
    connections = DynamoConnections(dynamodb, TABLE, clock)
    connections.add("c1", "ada", ["all"], clock())
    topics = ["all", *(f"user:{i}" for i in range(99))]
    connections.of_topics(topics)
    calls.clear()
    for _ in range(5):
        assert connections.of_topics(topics) == {"all": {"c1"}}
    assert calls == ["BatchGetItem"] * 5


def test_a_look_in_the_middle_of_an_arrival_does_not_miss_it(dynamodb: Any, clock: Time) -> None:
    socket = DynamoConnections(dynamodb, TABLE, clock)
    broadcaster = DynamoConnections(dynamodb, TABLE, clock)
    socket.add("c1", "ada", ["all"], clock())
    seen: list[dict[str, set[str]]] = []

    def look(**_: Any) -> None:
        seen.append(heard(broadcaster, "all"))

    for moment in ("before-call", "after-call"):
        dynamodb.meta.events.register(f"{moment}.dynamodb.PutItem", look)
    socket.add("c2", "bob", ["all"], clock())
    assert len(seen) == 4
    assert heard(broadcaster, "all") == {"all": {"c1", "c2"}}


def test_the_broadcasters_reads_are_strongly_consistent(dynamodb: Any, clock: Time) -> None:
    connections = DynamoConnections(dynamodb, TABLE, clock)
    connections.add("c1", "ada", ["all"], clock())
    consistent: dict[str, object] = {}

    def note(params: Any, model: Any, **_: Any) -> None:
        table = params["RequestItems"][TABLE] if model.name == "BatchGetItem" else params
        consistent[model.name] = table.get("ConsistentRead")

    dynamodb.meta.events.register("provide-client-params.dynamodb.*", note)
    heard(connections, "all")
    assert consistent == {"BatchGetItem": True, "Query": True}


def test_what_is_remembered_has_a_limit(
    dynamodb: Any, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEPT_TOPICS == 10_000
    monkeypatch.setattr("pilotfish.adapters.dynamo.connections.KEPT_TOPICS", 3)
    connections = DynamoConnections(dynamodb, TABLE, clock)
    topics = [f"trader:{i}" for i in range(10)]
    connections.add("c1", "ada", topics, clock())
    assert heard(connections, *topics) == {topic: {"c1"} for topic in topics}
    assert len(connections._kept) <= 3


def test_throttled_keys_are_read_again(
    dynamodb: Any, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = DynamoConnections(dynamodb, TABLE, clock)
    connections.add("c1", "ada", ["user:ada", "all"], clock())
    whole = dynamodb.batch_get_item
    asked: list[int] = []

    def one_at_a_time(**request: Any) -> Any:
        keys = request["RequestItems"][TABLE]["Keys"]
        asked.append(len(keys))
        answer = whole(RequestItems={TABLE: {"Keys": keys[:1], "ConsistentRead": True}})
        left = {TABLE: {"Keys": keys[1:]}} if keys[1:] else {}
        return {**answer, "UnprocessedKeys": left}

    monkeypatch.setattr(dynamodb, "batch_get_item", one_at_a_time)
    assert heard(connections, "user:ada", "all") == {"user:ada": {"c1"}, "all": {"c1"}}
    assert asked == [2, 1]


def test_rows_expire_after_the_gateways_longest_connection(dynamodb: Any, clock: Time) -> None:
    DynamoConnections(dynamodb, TABLE, clock).add("c1", "ada", ["all"], clock())
    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert {int(item["expires_at"]["N"]) for item in items} == {clock() // 1000 + LIFETIME_S}
    assert LIFETIME_S > 2 * 3600
