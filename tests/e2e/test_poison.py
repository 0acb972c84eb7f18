"""A record that nobody can read ends in a queue, alone, with where to find it again."""

import json
import time
from typing import Any

import pytest

from pilotfish.domain.orders import State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack

from .conftest import USDM_BTC, Scene

Item = dict[str, dict[str, str]]

GIVE_UP_S = 60


@pytest.mark.parametrize(
    ("table", "attributes", "queues"),
    [
        (
            "FillsTable",
            {"undecided": {"S": "1"}},
            ("MapperFailures", "BroadcasterFillsFailures"),
        ),
        (
            "CopyOrdersTable",
            {"state": {"S": "PLANNED"}},
            ("ExecutorFailures", "BroadcasterOrdersFailures"),
        ),
    ],
)
def test_a_poison_record_ends_in_each_readers_queue_and_its_neighbours_are_copied(
    scene: Scene, table: str, attributes: Item, queues: tuple[str, ...]
) -> None:
    scene.add_followers([Rules()] * 2)
    key: Item = {"pk": {"S": scene.leader.name}, "sk": {"S": "poison"}}
    client = scene.local.aws.client("dynamodb")

    scene.trade(("buy", "0.02", USDM_BTC))
    client.put_item(TableName=scene.local.name(table), Item=key | attributes)
    scene.trade(*[("buy", "0.02", USDM_BTC)] * 3)
    records = scene.settle()

    assert {record.state for record in records} == {State.COPIED}
    assert (scene.verdict().fills, scene.verdict().copies) == (4, 8)
    for queue in queues:
        letter = _letter_about(scene.local, queue, key)
        assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert letter["DDBStreamBatchInfo"]["batchSize"] == 1


def _letter_about(local: LocalStack, queue: str, key: Item) -> dict[str, Any]:
    """The message of the queue that leads to the record with this key."""
    client, url = local.aws.client("sqs"), local.name(queue)
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        found = client.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        for message in found:
            letter: dict[str, Any] = json.loads(message["Body"])
            if _record(local, letter)["dynamodb"]["Keys"] == key:
                return letter
    pytest.fail(f"no message in {queue} leads to {key}")


def _record(local: LocalStack, letter: dict[str, Any]) -> dict[str, Any]:
    """The stream record that a letter is about: read it, mend it, and it can be played again."""
    client, where = local.aws.client("dynamodbstreams"), letter["DDBStreamBatchInfo"]
    iterator = client.get_shard_iterator(
        StreamArn=where["streamArn"],
        ShardId=where["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=where["startSequenceNumber"],
    )["ShardIterator"]
    record: dict[str, Any] = client.get_records(ShardIterator=iterator, Limit=1)["Records"][0]
    return record
