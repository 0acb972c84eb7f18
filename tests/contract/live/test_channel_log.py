"""What those who write, and those who come back, rely on of a channel's log."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.adapters.dynamo import channel_log
from pilotfish.adapters.dynamo.channel_log import CHUNK, KEEP_S, DynamoChannelLog, LogBusy
from pilotfish.domain.logs import Entry, revised
from tests.contract.live.conftest import LOG
from tests.unit.live.twins import Time

Worker = Callable[[], Any]
TOPIC = "copies|ada"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_log, "PAUSE_S", 0.0)


def entry(name: str, happened_ms: int) -> Entry:
    return Entry(name, happened_ms, lambda seq: json.dumps({"name": name, "seq": seq}).encode())


def append(log: Any, clock: Time, *names: str, topic: str = TOPIC) -> list[int]:
    told = log.append({topic: [entry(name, clock()) for name in names]})
    return [numbered.seq for numbered in told[topic]]


def names(messages: Any) -> list[str]:
    return [json.loads(message)["name"] for message in messages]


def test_numbers_grow_by_one_whoever_writes(log_worker: Worker, clock: Time) -> None:
    first, second = log_worker(), log_worker()
    assert append(first, clock, "a", "b") == [1, 2]
    assert append(second, clock, "c") == [3]
    assert append(first, clock, "d") == [4]
    assert append(second, clock, "e", "f") == [5, 6]
    assert names(log_worker().missed(TOPIC, 0, 10).messages) == list("abcdef")


def test_each_topic_has_its_own_numbers(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    told = log.append(
        {
            "copies|ada": [entry("a", clock())],
            "copies|*": [entry("a", clock()), entry("b", clock())],
            "trader:lead": [],
        }
    )
    seqs = {topic: [each.seq for each in some] for topic, some in told.items()}
    assert seqs == {"copies|ada": [1], "copies|*": [1, 2], "trader:lead": []}
    assert log.heads(["copies|ada", "copies|*", "trader:lead"]) == {
        "copies|ada": 1,
        "copies|*": 2,
        "trader:lead": 0,
    }


def test_what_is_delivered_again_keeps_its_number_with_whoever(
    log_worker: Worker, clock: Time
) -> None:
    first = log_worker()
    assert append(first, clock, "a", "b") == [1, 2]
    assert append(first, clock, "b", "c") == [2, 3]
    fresh = log_worker()
    assert append(fresh, clock, "c", "d", "a", "d") == [1, 3, 4]
    assert append(first, clock, "d", "e") == [4, 5]
    assert names(fresh.missed(TOPIC, 0, 10).messages) == list("abcde")


def test_what_happened_long_ago_is_looked_for_as_far_back(log_worker: Worker, clock: Time) -> None:
    long_ago = clock()
    append(log_worker(), clock, "a")
    worker = log_worker()
    clock.now_ms += 600_000
    assert append(worker, clock, "b") == [2]
    told = worker.append({TOPIC: [entry("a", long_ago), entry("c", clock())]})
    assert [each.seq for each in told[TOPIC]] == [1, 3]


def test_a_message_says_its_number(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    append(log, clock, "a")
    (told,) = log.append({TOPIC: [entry("b", clock())]})[TOPIC]
    assert json.loads(told.body) == {"name": "b", "seq": 2}


def test_who_comes_back_hears_what_came_after(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    append(log, clock, "a", "b", "c")
    append(log, clock, "d")
    assert [names(log.missed(TOPIC, last, 10).messages) for last in range(5)] == [
        list("abcd"),
        list("bcd"),
        list("cd"),
        list("d"),
        [],
    ]
    assert log.missed(TOPIC, 2, 10).head == 4
    assert names(log.latest(TOPIC, 2)) == ["c", "d"]


def test_a_number_from_elsewhere_says_nothing(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    append(log, clock, "a")
    assert log.missed(TOPIC, 2, 10).messages is None
    assert log.missed("copies|bob", 1, 10).messages is None
    assert log.missed("copies|bob", 0, 10).messages in ([], ())


def test_too_much_is_not_told_again(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    append(log, clock, *map(str, range(20)))
    assert log.missed(TOPIC, 0, 19).messages is None
    assert len(log.missed(TOPIC, 1, 19).messages) == 19


def test_a_time_in_which_nobody_listened_is_a_hole(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    assert log.begin(TOPIC) == 1
    assert append(log, clock, "a") == [2]
    clock.now_ms += 3 * 3_600_000
    assert log_worker().begin(TOPIC) == 3
    assert log.missed(TOPIC, 2, 10).messages is None
    assert append(log, clock, "b") == [4]
    assert log.missed(TOPIC, 1, 10).messages is None
    assert names(log.missed(TOPIC, 3, 10).messages) == ["b"]


def test_who_come_together_begin_once(log_worker: Worker, clock: Time) -> None:
    assert [log_worker().begin(TOPIC) for _ in range(3)] == [1, 1, 1]


def test_a_change_is_not_told_after_a_later_one(log_worker: Worker, clock: Time) -> None:
    first, second = log_worker(), log_worker()
    assert append(first, clock, revised("x", 0), revised("x", 2), revised("x", 1)) == [1, 2]
    assert append(second, clock, revised("x", 1), revised("y", 0)) == [3]
    assert append(second, clock, revised("x", 0), revised("x", 3)) == [1, 4]
    assert append(first, clock, revised("x", 2), revised("x", 1), revised("xx", 1)) == [2, 5]
    told = names(first.missed(TOPIC, 0, 10).messages)
    assert told == [revised(*each) for each in [("x", 0), ("x", 2), ("y", 0), ("x", 3), ("xx", 1)]]


def test_more_than_a_chunk_at_once(log_worker: Worker, clock: Time) -> None:
    log = log_worker()
    many = [str(number) for number in range(CHUNK + 50)]
    assert append(log, clock, *many) == list(range(1, CHUNK + 51))
    assert names(log.missed(TOPIC, 10, 1_000).messages) == many[10:]


def test_a_hundred_topics_at_once(log_worker: Worker, clock: Time) -> None:
    log, topics = log_worker(), [f"copies|{number}" for number in range(120)]
    log_worker().append({topics[7]: [entry("x", clock())]})
    for _ in range(2):
        told = log.append({topic: [entry("a", clock())] for topic in topics})
        assert {each.seq for topic, (each,) in told.items() if topic != topics[7]} == {1}
        assert [each.seq for each in told[topics[7]]] == [2]


def test_any_order_of_deliveries_to_any_workers_ends_in_one_log(
    log_worker: Worker, clock: Time
) -> None:
    chance = random.Random(7)
    workers = [log_worker() for _ in range(3)]
    events = [str(number) for number in range(40)]
    deliveries = [chance.sample(events, 5) for _ in range(30)] + [[name] for name in events]
    seen: dict[str, set[int]] = {}
    for batch in deliveries:
        worker = chance.choice(workers)
        told = worker.append({TOPIC: [entry(name, clock()) for name in batch]})
        for each in told[TOPIC]:
            seen.setdefault(json.loads(each.body)["name"], set()).add(each.seq)
        if chance.random() < 0.2:
            workers[chance.randrange(3)] = log_worker()  # One was killed.

    assert all(len(numbers) == 1 for numbers in seen.values())
    assert sorted(number for (number,) in seen.values()) == list(range(1, 41))
    assert set(names(log_worker().missed(TOPIC, 0, 100).messages)) == set(events)


@pytest.fixture
def calls(dynamodb: Any) -> list[str]:
    made: list[str] = []
    dynamodb.meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: made.append(model.name)
    )
    return made


def test_a_warm_worker_pays_one_transaction_for_a_batch_of_a_topic(
    dynamodb: Any, clock: Time, calls: list[str]
) -> None:
    log = DynamoChannelLog(dynamodb, LOG, clock)
    append(log, clock, "a")
    calls.clear()
    append(log, clock, "b", "c")
    append(log, clock, "b", "c")  # Delivered again: known.
    assert calls == ["TransactWriteItems"]


def test_users_channels_share_transactions_and_operators_have_their_own(
    dynamodb: Any, clock: Time, calls: list[str]
) -> None:
    log = DynamoChannelLog(dynamodb, LOG, clock)
    topics = ["copies|*", "trader:lead", *(f"copies|{number}" for number in range(60))]
    for name in ("a", "b"):
        calls.clear()
        log.append({topic: [entry(name, clock())] for topic in topics})
    assert calls == ["TransactWriteItems"] * 4


def test_an_answer_that_was_lost_changes_nothing(
    dynamodb: Any, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DynamoChannelLog(dynamodb, LOG, clock)
    append(log, clock, "a")
    written = log._written

    def lost(steps: Any) -> bool:
        written(steps)
        log._tails.clear()
        monkeypatch.setattr(log, "_written", written)
        return False

    monkeypatch.setattr(log, "_written", lost)
    assert append(log, clock, "b") == [2]
    assert names(log.missed(TOPIC, 0, 10).messages) == ["a", "b"]


def test_a_writer_that_is_overtaken_all_the_time_gives_up(
    dynamodb: Any, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DynamoChannelLog(dynamodb, LOG, clock)
    written = log._written

    def overtaken(steps: Any) -> bool:
        clock.now_ms += 60_000
        DynamoChannelLog(dynamodb, LOG, clock).begin(TOPIC)
        return written(steps)

    monkeypatch.setattr(log, "_written", overtaken)
    with pytest.raises(LogBusy):
        append(log, clock, "a")


def test_chunks_expire_and_the_head_stays(dynamodb: Any, clock: Time) -> None:
    append(DynamoChannelLog(dynamodb, LOG, clock), clock, "a")
    items = dynamodb.scan(TableName=LOG)["Items"]
    expiring = [item.get("expires_at") for item in items]
    assert expiring.count(None) == 1
    assert {"N": str(clock() // 1000 + KEEP_S)} in expiring
    for item in items:
        if "expires_at" in item:
            dynamodb.delete_item(TableName=LOG, Key={"pk": item["pk"], "sk": item["sk"]})
    fresh = DynamoChannelLog(dynamodb, LOG, clock)
    assert append(fresh, clock, "b") == [2]
    assert fresh.missed(TOPIC, 0, 10).messages is None
