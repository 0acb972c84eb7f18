"""PositionsTable, `<follow>#limits`: where a follow stands as a whole."""

import asyncio
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.batching import BatchedReads
from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.adapters.dynamo.positions import number
from pilotfish.domain.limits import Exposure, Standing
from pilotfish.domain.orders import CopyOrder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

LIMITS = "#limits"


class DynamoStandings:
    """The row has its own partition, so that nobody takes it for a position."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reads = BatchedReads(client, table)

    async def of_order(self, order: CopyOrder) -> Standing:
        """The row first: an entry that is claimed after that moves its revision on."""
        row = await self._reads.get(standing_key(order.follow_id)) or {}
        rows = await asyncio.to_thread(self._positions, order.follow_id)
        return _standing(row, rows)

    def _positions(self, follow_id: str) -> list[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :follow",
            ExpressionAttributeValues={":follow": s(follow_id)},
            ConsistentRead=True,
        )
        return [row for page in pages for row in page["Items"]]


def standing_key(follow_id: str) -> Item:
    """A follow's id has no # in it."""
    return {"pk": s(follow_id + LIMITS), "sk": s(LIMITS)}


def standing_update(table: str, follow_id: str, before: Standing, after: Standing) -> Item:
    """The transaction item that moves the row on, from where it was read."""
    first = "attribute_not_exists(revision) OR " if not before.revision else ""
    return {
        "Update": {
            "TableName": table,
            "Key": standing_key(follow_id),
            "UpdateExpression": "SET revision = :revision, #day = :day, orders = :orders",
            "ConditionExpression": f"{first}revision = :before",
            "ExpressionAttributeNames": {"#day": "day"},
            "ExpressionAttributeValues": {
                ":revision": n(after.revision),
                ":before": n(before.revision),
                ":day": n(after.day),
                ":orders": {"L": [s(order) for order in after.orders]},
            },
        }
    }


def _standing(row: Any, positions: list[Any]) -> Standing:
    return Standing(
        exposures={each["sk"]["S"]: _exposure(each) for each in positions},
        revision=int(number(row, "revision")),
        day=int(number(row, "day")),
        orders=tuple(order["S"] for order in row["orders"]["L"]) if "orders" in row else (),
    )


def _exposure(row: Any) -> Exposure:
    price = number(row, "price") if "price" in row else None
    return Exposure(number(row, "exposed"), price, number(row, "lot"))
