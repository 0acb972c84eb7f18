"""HaltsTable: what operators have stopped, all in one partition that a query reads at once.

It is not a condition of the claim. A claim shares its transaction with dozens of others, and one
that touches an item twice is refused: each claim would go out alone, and any two of them would
conflict on that item. So the halts are read, strongly consistent, at most half a second before an
entry leaves.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Codec,
    Item,
    TransactionCanceled,
    s,
    transact,
)
from pilotfish.adapters.dynamo.trail import action_put
from pilotfish.domain.errors import NotSent
from pilotfish.domain.halts import Halt, Standing
from pilotfish.domain.orders import CopyOrder, Leg
from pilotfish.domain.trail import Action
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_MS = 500
READS = 3
PARTITION = "halts"

_codec = Codec(Halt, {"scope": "sk"})


class DynamoHaltGate:
    """What the executor asks: one read for all the entries of half a second."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._halts = DynamoHalts(client, table)
        self._clock = clock
        self._reading = asyncio.Lock()
        self._standing = Standing({})
        self._as_of_ms: int | None = None

    async def stops(self, order: CopyOrder) -> bool:
        """Whether the order must not be sent; raises `NotSent` when that cannot be known."""
        if order.leg is Leg.EXIT:
            return False
        async with self._reading:
            for _ in range(READS):
                if self._fresh():
                    return self._standing.stops(order)
                await self._read()
        raise NotSent("it took too long to read whether entries are halted")

    def _fresh(self) -> bool:
        return self._as_of_ms is not None and self._clock() - self._as_of_ms < KEPT_MS

    async def _read(self) -> None:
        began_ms = self._clock()  # What is halted after this may be missing from the answer.
        try:
            halts = await asyncio.to_thread(self._halts.standing)
        except (ClientError, BotoCoreError) as error:
            raise NotSent("it is not known whether entries are halted") from error
        self._standing = Standing({halt.scope: halt for halt in halts})
        self._as_of_ms = began_ms


class DynamoHalts:
    """Each change is one transaction with its line in the trail."""

    def __init__(self, client: "DynamoDBClient", table: str, trail_table: str = "") -> None:
        self._client = client
        self._table = table
        self._trail_table = trail_table

    def standing(self) -> list[Halt]:
        """All of them as of now, by scope."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :halts",
            ExpressionAttributeValues={":halts": s(PARTITION)},
            ConsistentRead=True,
        )
        return [_codec.decode(item) for page in pages for item in page["Items"]]

    def put(self, halt: Halt, action: Action) -> None:
        """Halt, or say anew why."""
        item: Any = _codec.encode(halt) | {"pk": s(PARTITION)}
        put = {"Put": {"TableName": self._table, "Item": item}}
        transact(self._client, [put, action_put(self._trail_table, action)])

    def lift(self, scope: str, action: Action) -> bool:
        """False, and nothing is written, when nothing of the kind stands."""
        delete: Item = {
            "TableName": self._table,
            "Key": {"pk": s(PARTITION), "sk": s(scope)},
            "ConditionExpression": "attribute_exists(pk)",
        }
        try:
            transact(self._client, [{"Delete": delete}, action_put(self._trail_table, action)])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return False
            raise
        return True
