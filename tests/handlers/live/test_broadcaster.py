"""Stream batches, replayed: who is told what, and which records are delivered again."""

import copy
import json
from typing import Any

import pytest

from pilotfish.adapters.dynamo.channel_log import LogBusy
from pilotfish.adapters.dynamo.connections import DynamoConnections
from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Viewer
from tests.contract.live.gateway import Gateway
from tests.handlers.conftest import Load, sample, samples

USDM_COPY = sample("broadcaster/order_copied.json")
USDM_FILL = sample("broadcaster/fill_usdm.json")
ROOT = Viewer("root", operator=True)
EVERYTHING = ["trades|*", "copies|*", "alerts|*", "sync|*"]


@pytest.fixture
def connections(dynamodb: Any) -> DynamoConnections:
    return DynamoConnections(dynamodb, "ConnectionsTable", utc_ms)


def told(gateway: Gateway, who: str) -> list[Any]:
    messages = []
    for frame in gateway.posted[who]:
        message = json.loads(frame)
        messages += message["messages"] if message["type"] == "BATCH" else [message]
    return messages


@pytest.mark.parametrize("path", samples("broadcaster"))
def test_every_sample_reaches_the_operator_twice_alike(
    load: Load, connections: DynamoConnections, gateway: Gateway, path: str
) -> None:
    connections.add("op", ROOT, EVERYTHING, utc_ms())
    event = sample(path)
    broadcaster = load("broadcaster")
    for _ in range(2):
        assert broadcaster.handler(event, None) == {"batchItemFailures": []}
    messages = told(gateway, "op")
    count = len(event["Records"])
    assert len(messages) == 2 * count
    assert messages[:count] == messages[count:], "under the same numbers"
    assert len({(one["channel"], one["seq"]) for one in messages}) == count
    for record, message in zip(event["Records"], messages, strict=False):
        image = record["dynamodb"]["NewImage"]
        kind, time = kind_of(image)
        assert (message["type"], message["timestamp"]) == (kind, int(time["N"]))
        if kind == "COPY_UPDATE":
            assert message["state"] == image["state"]["S"]


def kind_of(image: Any) -> tuple[str, Any]:
    for name, kind, time in [
        ("trade_id", "TRADE_UPDATE", "traded_ms"),
        ("severity", "ALERT", "at_ms"),
        ("sync_type", "SYNC_UPDATE", "moved_ms"),
    ]:
        if name in image:
            return kind, image[time]
    return "COPY_UPDATE", image["moved_ms"]


def test_each_is_told_its_own(load: Load, connections: DynamoConnections, gateway: Gateway) -> None:
    for who, user, topics in [
        ("c-ada", "ada", ["trades|ada"]),
        ("c-ben", "ben", ["copies|ben", "trades|ben", "trader:ada-usdm"]),
        ("c-eve", "eve", ["copies|eve", "trades|eve", "trader:eve-usdm"]),
    ]:
        connections.add(who, Viewer(user), topics, utc_ms())
    broadcaster = load("broadcaster")
    broadcaster.handler(USDM_FILL, None)
    broadcaster.handler(USDM_COPY, None)
    kinds = {who: [one["type"] for one in told(gateway, who)] for who in ("c-ada", "c-ben")}
    assert kinds == {"c-ada": ["TRADE_UPDATE"], "c-ben": ["TRADE_UPDATE", "COPY_UPDATE"]}
    assert told(gateway, "c-eve") == []


def test_a_record_that_cannot_be_read_is_failed_alone_and_logged(
    load: Load,
    connections: DynamoConnections,
    gateway: Gateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    connections.add("op", ROOT, EVERYTHING, utc_ms())
    before, poison, after = (copy.deepcopy(USDM_COPY["Records"][0]) for _ in range(3))
    for number, record in enumerate((before, poison, after)):
        record["dynamodb"]["SequenceNumber"] = str(number)
        record["dynamodb"]["NewImage"]["sk"]["S"] += str(number)
        record["dynamodb"]["NewImage"]["revision"]["N"] = str(number)
    poison["dynamodb"]["NewImage"]["state"]["S"] = "CONFUSED"
    answer = load("broadcaster").handler({"Records": [before, poison, after]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert [one["revision"] for one in told(gateway, "op")] == [0, 2]
    (logged,) = caplog.records
    assert "CONFUSED" in str(logged.exc_info)


def test_a_batch_of_poison_alone_does_not_raise(load: Load) -> None:
    event = copy.deepcopy(USDM_COPY)
    del event["Records"][0]["dynamodb"]["NewImage"]["order"]
    number = event["Records"][0]["dynamodb"]["SequenceNumber"]
    answer = load("broadcaster").handler(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}


def test_an_ended_connection_is_reaped(
    load: Load, connections: DynamoConnections, gateway: Gateway
) -> None:
    connections.add("gone", ROOT, EVERYTHING, utc_ms() - 60_000)
    connections.add("here", ROOT, ["copies|*"], utc_ms())
    gateway.script["gone"] = [410]
    load("broadcaster").handler(USDM_COPY, None)
    assert connections.topics_of("gone") == frozenset()
    assert len(told(gateway, "here")) == 1


def test_what_was_told_and_dropped_is_counted(
    load: Load,
    connections: DynamoConnections,
    gateway: Gateway,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connections.add("c1", ROOT, ["copies|*"], utc_ms())
    connections.add("c2", ROOT, ["copies|*"], utc_ms())
    gateway.script["c2"] = [403]
    load("broadcaster").handler(USDM_COPY, None)
    lines = capsys.readouterr().out.splitlines()
    (emf,) = [json.loads(line) for line in lines if '"_aws"' in line]
    assert emf["ConnectionsTold"] == [2.0]
    assert (emf["FramesPosted"], emf["FramesDropped"]) == ([1.0], [1.0])
    moved_ms = int(USDM_COPY["Records"][0]["dynamodb"]["NewImage"]["moved_ms"]["N"])
    assert abs(emf["EventToPost"][0] - (utc_ms() - moved_ms)) < 60_000


def test_an_order_that_needs_a_person_becomes_an_alert_once(load: Load, dynamodb: Any) -> None:
    broadcaster = load("broadcaster")
    for _ in range(2):
        broadcaster.handler(sample("broadcaster/order_manual.json"), None)
    (alert,) = dynamodb.scan(TableName="AlertsTable")["Items"]
    image = sample("broadcaster/order_manual.json")["Records"][0]["dynamodb"]["NewImage"]
    assert alert["pk"] == image["owner"]
    assert (alert["kind"], alert["severity"]) == ({"S": "manual_order"}, {"S": "critical"})
    assert alert["at_ms"] == image["moved_ms"]


def test_a_batch_that_cannot_be_logged_is_delivered_again_and_told_to_nobody(
    load: Load,
    connections: DynamoConnections,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections.add("op", ROOT, EVERYTHING, utc_ms())
    broadcaster = load("broadcaster")
    log = broadcaster.broadcast._log
    monkeypatch.setattr(log, "_written", lambda _: False)
    monkeypatch.setattr("pilotfish.adapters.dynamo.channel_log.PAUSE_S", 0)
    with pytest.raises(LogBusy):
        broadcaster.handler(USDM_COPY, None)
    assert not gateway.posted
    monkeypatch.undo()


def test_no_key_of_the_venue_reaches_a_client(
    load: Load, connections: DynamoConnections, gateway: Gateway
) -> None:
    canary = "CaNaRy0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL"
    connections.add("op", ROOT, EVERYTHING, utc_ms())
    event = copy.deepcopy(USDM_COPY)
    image = event["Records"][0]["dynamodb"]["NewImage"]
    document = json.loads(image["order"]["S"])
    document["reason"] = f"binance POST https://x/order?signature={canary} failed for {canary}"
    image["order"]["S"] = json.dumps(document)
    image["sealed_key"] = {"B": canary}
    image["api_key"] = {"S": canary}
    load("broadcaster").handler(event, None)
    (frame,) = gateway.posted["op"]
    assert b"CaNaRy" not in frame
    assert b"binance POST" in frame
