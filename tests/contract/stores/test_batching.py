"""Small writes and reads leave together, and stand or fall alone."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.batching import BatchedReads, BatchedWrites
from pilotfish.adapters.dynamo.items import n, s


class Watched:
    """A DynamoDB client that counts its calls, and lets a test stand in for some answers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.writes: list[int] = []
        self.reads: list[int] = []
        self.before_write: Callable[[], None] = lambda: None
        self.unread: list[Any] = []

    def transact_write_items(self, **request: Any) -> Any:
        self.writes.append(len(request["TransactItems"]))
        self.before_write()
        return self._client.transact_write_items(**request)

    def batch_get_item(self, **request: Any) -> Any:
        [(table, wanted)] = request["RequestItems"].items()
        self.reads.append(len(wanted["Keys"]))
        left = [key for key in wanted["Keys"] if key in self.unread]
        self.unread = []
        request["RequestItems"][table] = wanted | {
            "Keys": [key for key in wanted["Keys"] if key not in left]
        }
        answer = self._client.batch_get_item(**request)
        return answer | {"UnprocessedKeys": {table: {"Keys": left}} if left else {}}


@pytest.fixture
def client(dynamodb: Any) -> Watched:
    return Watched(dynamodb)


@pytest.fixture
def cursors(tables: dict[str, str]) -> str:
    """Any table with a lone key will do."""
    return tables["CursorsTable"]


def put(table: str, key: str, **condition: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": {"pk": s(key), "number": n(1)}} | condition}


def put_new(table: str, key: str) -> dict[str, Any]:
    return put(table, key, ConditionExpression="attribute_not_exists(pk)")


def stored(dynamodb: Any, table: str) -> set[str]:
    return {item["pk"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}


async def test_writes_of_one_instant_leave_in_few_transactions(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    writes = BatchedWrites(client)  # type: ignore[arg-type]
    answers = await asyncio.gather(
        *(writes.write([put(cursors, f"{number}")]) for number in range(250))
    )
    assert answers == [[]] * 250
    assert len(stored(dynamodb, cursors)) == 250
    assert sorted(client.writes) == [50, 100, 100]


async def test_a_lone_write_waits_for_nobody(client: Watched, cursors: str) -> None:
    writes = BatchedWrites(client)  # type: ignore[arg-type]
    assert await writes.write([put(cursors, "a")]) == []
    assert client.writes == [1]


async def test_a_write_is_never_cut_in_two(client: Watched, cursors: str) -> None:
    writes = BatchedWrites(client)  # type: ignore[arg-type]
    await asyncio.gather(
        *(writes.write([put(cursors, f"{one}-{two}") for two in range(30)]) for one in range(4))
    )
    assert sorted(client.writes) == [30, 90]


async def test_a_write_whose_condition_fails_fails_alone(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    dynamodb.put_item(TableName=cursors, Item={"pk": s("taken")})
    writes = BatchedWrites(client)  # type: ignore[arg-type]
    first, second, third = await asyncio.gather(
        writes.write([put_new(cursors, "a")]),
        writes.write([put_new(cursors, "b"), put_new(cursors, "taken")]),
        writes.write([put_new(cursors, "c")]),
    )
    assert (first, third) == ([], [])
    assert second == ["None", "ConditionalCheckFailed"]
    assert stored(dynamodb, cursors) == {"taken", "a", "c"}
    assert client.writes == [4, 2]


async def test_an_error_reaches_everybody_who_waits_and_nobody_else(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    def fail() -> None:
        client.before_write = lambda: None
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "TransactWriteItems")

    client.before_write = fail
    writes = BatchedWrites(client, lanes=1)  # type: ignore[arg-type]
    answers = await asyncio.gather(
        *(writes.write([put(cursors, f"{number}")]) for number in range(101)),
        return_exceptions=True,
    )
    assert all(isinstance(answer, ClientError) for answer in answers[:100])
    assert answers[100] == []
    assert stored(dynamodb, cursors) == {"100"}


async def test_two_writes_to_one_item_leave_one_after_the_other(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    writes = BatchedWrites(client)  # type: ignore[arg-type]
    answers = await asyncio.gather(
        writes.write([put_new(cursors, "a"), put_new(cursors, "b")]),
        writes.write([put_new(cursors, "b"), put_new(cursors, "c")]),
        writes.write([put_new(cursors, "d")]),
    )
    assert answers == [[], ["ConditionalCheckFailed", "None"], []]
    assert stored(dynamodb, cursors) == {"a", "b", "d"}


async def test_reads_of_one_instant_leave_together(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    for number in range(0, 150, 2):
        dynamodb.put_item(TableName=cursors, Item={"pk": s(f"{number}"), "number": n(number)})
    reads = BatchedReads(client, cursors)  # type: ignore[arg-type]
    answers = await asyncio.gather(*(reads.get({"pk": s(f"{n}")}) for n in range(150)))
    found = [None if item is None else int(item["number"]["N"]) for item in answers]
    assert found == [None if number % 2 else number for number in range(150)]
    assert sorted(client.reads) == [50, 100]


async def test_a_key_that_many_ask_for_is_read_once(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    dynamodb.put_item(TableName=cursors, Item={"pk": s("a")})
    reads = BatchedReads(client, cursors)  # type: ignore[arg-type]
    answers = await asyncio.gather(*(reads.get({"pk": s("a")}) for _ in range(20)))
    assert answers == [{"pk": s("a")}] * 20
    assert client.reads == [1]


async def test_what_dynamodb_left_unread_is_read_again(
    client: Watched, dynamodb: Any, cursors: str
) -> None:
    for name in "ab":
        dynamodb.put_item(TableName=cursors, Item={"pk": s(name)})
    client.unread = [{"pk": s("b")}]
    reads = BatchedReads(client, cursors)  # type: ignore[arg-type]
    answers = await asyncio.gather(reads.get({"pk": s("a")}), reads.get({"pk": s("b")}))
    assert answers == [{"pk": s("a")}, {"pk": s("b")}]
    assert client.reads == [2, 1]
