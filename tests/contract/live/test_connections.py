"""What the socket and the broadcaster rely on, of the table's adapter and of its twin."""

from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.adapters.dynamo.connections import (
    CONNECTING_MS,
    GRACE_S,
    KEPT_TOPICS,
    LIFETIME_S,
    DynamoConnections,
)
from pilotfish.domain.viewers import Viewer
from tests.contract.live.conftest import TABLE
from tests.unit.live.twins import Time

Worker = Callable[[], Any]


def heard(connections: Any, *topics: str) -> dict[str, set[str]]:
    return {topic: set(who) for topic, who in connections.of_topics(topics).items() if who}


def test_a_connection_hears_its_topics_and_nothing_else(worker: Worker, clock: Time) -> None:
    worker().add("c1", Viewer("ada"), ["copies|ada", "copies|*"], clock())
    worker().add("c2", Viewer("bob"), ["copies|bob"], clock())
    listening = heard(worker(), "copies|ada", "copies|bob", "copies|eve", "copies|*")
    assert listening == {"copies|ada": {"c1"}, "copies|bob": {"c2"}, "copies|*": {"c1"}}


def test_whoever_came_after_the_last_look_is_heard_of_at_once(worker: Worker, clock: Time) -> None:
    socket, broadcaster = worker(), worker()
    assert heard(broadcaster, "copies|*") == {}
    socket.add("c1", Viewer("ada"), ["copies|*"], clock())
    assert heard(broadcaster, "copies|*") == {"copies|*": {"c1"}}
    socket.add("c2", Viewer("bob"), ["copies|*"], clock())
    assert heard(broadcaster, "copies|*") == {"copies|*": {"c1", "c2"}}


def test_more_topics_than_one_read_takes(worker: Worker, clock: Time) -> None:
    worker().add("c1", Viewer("ada"), [f"trader:{i}" for i in range(12)], clock())
    topics = [f"trader:{i}" for i in range(112)]
    assert heard(worker(), *topics) == {f"trader:{i}": {"c1"} for i in range(12)}


def test_a_topic_is_asked_for_twice_in_one_breath(worker: Worker, clock: Time) -> None:
    worker().add("c1", Viewer("ada"), ["copies|*"], clock())
    assert heard(worker(), "copies|*", "copies|*") == {"copies|*": {"c1"}}


def test_who_unsubscribed_is_heard_of_no_more_by_anybody(worker: Worker, clock: Time) -> None:
    broadcaster = worker()
    worker().add("c1", Viewer("ada"), ["copies|ada", "trader:lead"], clock())
    assert heard(broadcaster, "trader:lead") == {"trader:lead": {"c1"}}
    for _ in range(2):
        worker().remove("c1", "trader:lead")
        worker().remove("c1", "trader:never")
    for each in (broadcaster, worker()):
        assert heard(each, "copies|ada", "trader:lead") == {"copies|ada": {"c1"}}
    assert worker().topics_of("c1") == {"copies|ada"}
    assert worker().is_kept(["trader:lead", "trader:never"], clock()) == {"trader:lead"}


def test_a_user_s_connections_to_a_topic(dynamodb: Any, clock: Time) -> None:
    connections = DynamoConnections(dynamodb, TABLE, clock)
    connections.add("c1", Viewer("ada"), ["trader:lead", "copies|ada"], clock())
    connections.add("c2", Viewer("ada"), ["trader:lead"], clock())
    connections.add("c3", Viewer("bob"), ["trader:lead"], clock())
    assert connections.of_user("ada", "trader:lead") == ["c1", "c2"]
    assert connections.of_user("ada", "trader:other") == []
    assert connections.of_user("eve", "trader:lead") == []


def test_a_dropped_connection_leaves_nothing(worker: Worker, clock: Time) -> None:
    worker().add("c1", Viewer("ada"), ["copies|ada", "copies|*"], clock())
    worker().add("c2", Viewer("bob"), ["copies|*"], clock())
    worker().drop("c1")
    assert heard(worker(), "copies|ada", "copies|*") == {"copies|*": {"c2"}}
    assert worker().topics_of("c1") == frozenset()


def test_a_gone_connection_is_forgotten_by_every_worker(worker: Worker, clock: Time) -> None:
    worker().add("c1", Viewer("ada"), ["copies|*"], clock())
    worker().add("c2", Viewer("bob"), ["copies|*"], clock())
    first, second = worker(), worker()
    assert heard(first, "copies|*") == heard(second, "copies|*") == {"copies|*": {"c1", "c2"}}
    clock.now_ms += CONNECTING_MS + 1
    first.forget("c1")
    second.forget("c1")  # The rows are gone by now; what it remembers has to go too.
    assert (
        heard(first, "copies|*")
        == heard(second, "copies|*")
        == heard(worker(), "copies|*")
        == {"copies|*": {"c2"}}
    )


def test_a_connection_that_is_still_connecting_is_not_forgotten(
    worker: Worker, clock: Time
) -> None:
    broadcaster = worker()
    worker().add("c1", Viewer("ada"), ["copies|*"], clock())
    assert heard(broadcaster, "copies|*") == {"copies|*": {"c1"}}
    broadcaster.forget("c1")  # The gateway says 410 until $connect has returned.
    assert heard(broadcaster, "copies|*") == heard(worker(), "copies|*") == {"copies|*": {"c1"}}


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
    connections.add("c1", Viewer("ada"), ["copies|*"], clock())
    topics = ["copies|*", *(f"copies|{i}" for i in range(99))]
    connections.of_topics(topics)
    calls.clear()
    for _ in range(5):
        assert connections.of_topics(topics) == {"copies|*": {"c1"}}
    assert calls == ["BatchGetItem"] * 5


def test_a_look_in_the_middle_of_an_arrival_does_not_miss_it(dynamodb: Any, clock: Time) -> None:
    socket = DynamoConnections(dynamodb, TABLE, clock)
    broadcaster = DynamoConnections(dynamodb, TABLE, clock)
    socket.add("c1", Viewer("ada"), ["copies|*"], clock())
    seen: list[dict[str, set[str]]] = []

    def look(**_: Any) -> None:
        seen.append(heard(broadcaster, "copies|*"))

    for moment in ("before-call", "after-call"):
        dynamodb.meta.events.register(f"{moment}.dynamodb.PutItem", look)
    socket.add("c2", Viewer("bob"), ["copies|*"], clock())
    assert len(seen) == 4
    assert heard(broadcaster, "copies|*") == {"copies|*": {"c1", "c2"}}


def test_the_broadcasters_reads_are_strongly_consistent(dynamodb: Any, clock: Time) -> None:
    connections = DynamoConnections(dynamodb, TABLE, clock)
    connections.add("c1", Viewer("ada"), ["copies|*"], clock())
    consistent: dict[str, object] = {}

    def note(params: Any, model: Any, **_: Any) -> None:
        table = params["RequestItems"][TABLE] if model.name == "BatchGetItem" else params
        consistent[model.name] = table.get("ConsistentRead")

    dynamodb.meta.events.register("provide-client-params.dynamodb.*", note)
    heard(connections, "copies|*")
    assert consistent == {"BatchGetItem": True, "Query": True}


def test_what_is_remembered_has_a_limit(
    dynamodb: Any, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEPT_TOPICS == 10_000
    monkeypatch.setattr("pilotfish.adapters.dynamo.connections.KEPT_TOPICS", 3)
    connections = DynamoConnections(dynamodb, TABLE, clock)
    topics = [f"trader:{i}" for i in range(10)]
    connections.add("c1", Viewer("ada"), topics, clock())
    assert heard(connections, *topics) == {topic: {"c1"} for topic in topics}
    assert len(connections._kept) <= 3


def test_throttled_keys_are_read_again(
    dynamodb: Any, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = DynamoConnections(dynamodb, TABLE, clock)
    connections.add("c1", Viewer("ada"), ["copies|ada", "copies|*"], clock())
    whole = dynamodb.batch_get_item
    asked: list[int] = []

    def one_at_a_time(**request: Any) -> Any:
        keys = request["RequestItems"][TABLE]["Keys"]
        asked.append(len(keys))
        answer = whole(RequestItems={TABLE: {"Keys": keys[:1], "ConsistentRead": True}})
        left = {TABLE: {"Keys": keys[1:]}} if keys[1:] else {}
        return {**answer, "UnprocessedKeys": left}

    monkeypatch.setattr(dynamodb, "batch_get_item", one_at_a_time)
    assert heard(connections, "copies|ada", "copies|*") == {
        "copies|ada": {"c1"},
        "copies|*": {"c1"},
    }
    assert asked == [2, 1]


def test_rows_expire_after_the_gateways_longest_connection(dynamodb: Any, clock: Time) -> None:
    DynamoConnections(dynamodb, TABLE, clock).add("c1", Viewer("ada"), ["copies|*"], clock())
    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert {int(item["expires_at"]["N"]) for item in items} == {clock() // 1000 + LIFETIME_S}
    assert LIFETIME_S > 2 * 3600


def test_a_session_that_has_ended_is_not_listening(worker: Worker, clock: Time) -> None:
    worker().add("c1", Viewer("ada", until_ms=clock() + 1_000), ["copies|ada"], clock())
    broadcaster = worker()
    assert heard(broadcaster, "copies|ada") == {"copies|ada": {"c1"}}
    clock.now_ms += 1_000
    assert heard(broadcaster, "copies|ada") == {}


def test_a_log_is_kept_while_somebody_listens_or_did_lately(worker: Worker, clock: Time) -> None:
    assert worker().is_kept(["copies|ada"], clock()) == set()
    assert "copies|ada" not in worker().of_topics(["copies|ada"])
    worker().add("c1", Viewer("ada"), ["copies|ada"], clock())
    worker().drop("c1")
    assert worker().is_kept(["copies|ada"], clock()) == {"copies|ada"}
    assert worker().of_topics(["copies|ada"]) == {"copies|ada": frozenset()}


def test_who_writes_a_log_goes_on_a_little_longer_than_who_comes_back_relies_on(
    worker: Worker, clock: Time
) -> None:
    worker().add("c1", Viewer("ada"), ["copies|ada"], clock())
    clock.now_ms += LIFETIME_S * 1000
    assert worker().is_kept(["copies|ada"], clock()) == set()
    assert "copies|ada" in worker().of_topics(["copies|ada"])
    clock.now_ms += (GRACE_S + 1) * 1000
    assert "copies|ada" not in worker().of_topics(["copies|ada"])


def test_states_are_demanded_until_nobody_came_for_a_while(worker: Worker, clock: Time) -> None:
    topics = ["positions|ada", "price_updates:BTCUSDT", "copies|ada"]
    assert worker().add("c1", Viewer("ada"), topics, clock())
    assert not worker().add("c2", Viewer("ada"), topics, clock())
    assert not worker().add("c2", Viewer("ada"), ["trades|ada"], clock())
    assert sorted(worker().demanded()) == ["positions|ada", "price_updates:BTCUSDT"]
    worker().undemand("positions|ada", clock())
    assert "positions|ada" in worker().demanded()
    clock.now_ms += 5_000
    worker().undemand("positions|ada", clock())
    assert worker().demanded() == ["price_updates:BTCUSDT"]


def test_a_log_can_be_kept_for_nobody(worker: Worker, clock: Time) -> None:
    worker().keep(["copies|ada"], clock())
    assert worker().is_kept(["copies|ada"], clock()) == {"copies|ada"}
    assert worker().of_topics(["copies|ada"]) == {"copies|ada": frozenset()}
    assert worker().demanded() == []


def test_states_are_demanded_though_nobody_listens(worker: Worker, clock: Time) -> None:
    topics = ["price_updates:BTC/USDT@okx", "price_updates:ETH/USDT@okx"]
    assert worker().demand(topics, clock())
    assert not worker().demand(topics[:1], clock())
    assert worker().demand([*topics, "price_updates:X/Y"], clock())
    assert sorted(worker().demanded()) == sorted([*topics, "price_updates:X/Y"])
    assert worker().of_topics(topics) == {}
    clock.now_ms += 2_000
    assert not worker().demand(topics[:1], clock())
    worker().undemand(topics[0], clock() - 1_000)
    worker().undemand(topics[1], clock() - 1_000)
    assert topics[0] in worker().demanded()
    assert topics[1] not in worker().demanded()
