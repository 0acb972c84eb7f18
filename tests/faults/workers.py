"""Workers that die and records that come twice, for as long as a block lasts."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from pilotfish_local.local_stack import SHARD, LocalStack

TABLES = (("FillsTable", "MapperFunction"), ("CopyOrdersTable", "ExecutorFunction"))
RECORDS = 200


def schedule_poller(local: LocalStack) -> None:
    """What the schedule does each minute, now."""
    local.invoke_async("PollerFunction", {"shard": SHARD})


def kill(local: LocalStack, function: str) -> int:
    """Kill the function's workers, at work or not; returns how many there were."""
    pids = local.aws.worker_pids(local.name(function))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


@contextmanager
def dying(
    local: LocalStack, victims: Sequence[str], seed: int, every_s: tuple[float, float]
) -> Iterator[list[str]]:
    """Once in a while the workers of one victim die; yields the names of the killed.

    A poller that died is scheduled again at once, as if its minute had just come.
    """
    killed: list[str] = []

    def kill_the_next(turn: int) -> None:
        victim = victims[turn % len(victims)]
        killed.extend([victim] * kill(local, victim))
        if victim == "PollerFunction":
            schedule_poller(local)

    with _now_and_then(kill_the_next, random.Random(f"kills:{seed}"), every_s):
        yield killed


@contextmanager
def redelivered(local: LocalStack, seed: int, every_s: tuple[float, float]) -> Iterator[list[int]]:
    """Once in a while a stream's latest records come again; yields how many, each time."""
    chance = random.Random(f"records:{seed}")
    readers = {table: _Reader(local, table) for table, _ in TABLES}
    delivered: list[int] = []

    def deliver(turn: int) -> None:
        table, function = TABLES[turn % len(TABLES)]
        records = readers[table].latest()
        again = chance.sample(records, min(len(records), chance.randint(1, 10)))
        if again:
            try:
                local.invoke(function, {"Records": again})
            except (RuntimeError, ClientError):
                return  # Its worker was killed, which is the other half of this chaos.
            delivered.append(len(again))

    with _now_and_then(deliver, random.Random(f"moments:{seed}"), every_s):
        yield delivered


@contextmanager
def _now_and_then(
    act: Callable[[int], None], moments: random.Random, every_s: tuple[float, float]
) -> Iterator[None]:
    over = threading.Event()
    trouble: list[BaseException] = []

    def act_in_turn() -> None:
        turn = 0
        try:
            while not over.wait(moments.uniform(*every_s)):
                act(turn)
                turn += 1
        except BaseException as error:  # noqa: BLE001 - raised where the block ends
            trouble.append(error)

    thread = threading.Thread(target=act_in_turn)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if trouble:
        raise trouble[0]


class _Reader:
    """Reads a table's stream on its own, and keeps the latest records that wake its function."""

    def __init__(self, local: LocalStack, table: str) -> None:
        self._client = local.aws.client("dynamodbstreams")
        name = local.name(table)
        dynamodb = local.aws.client("dynamodb")
        self._arn = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        stream = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        self._iterators = [
            self._client.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )["ShardIterator"]
            for shard in stream["Shards"]
        ]
        self._kept: list[dict[str, Any]] = []

    def latest(self) -> list[dict[str, Any]]:
        """As Lambda gets them."""
        following = []
        for iterator in self._iterators:
            answer = self._client.get_records(ShardIterator=iterator, Limit=1000)
            self._kept += [self._event(record) for record in answer["Records"] if _wakes(record)]
            following.append(answer["NextShardIterator"])
        self._iterators = following
        self._kept = self._kept[-RECORDS:]
        return self._kept

    def _event(self, record: dict[str, Any]) -> dict[str, Any]:
        change = dict(record["dynamodb"])
        change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
        return {**record, "dynamodb": change, "eventSourceARN": self._arn}


def _wakes(record: dict[str, Any]) -> bool:
    """Whether the mapping's filter lets the record through."""
    state = record["dynamodb"]["NewImage"].get("state") if "dynamodb" in record else None
    return record["eventName"] == "INSERT" and state in (None, {"S": "PLANNED"})
