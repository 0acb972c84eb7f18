"""FillsTable and CopyOrdersTable as lists: by owner over an index of keys, or by one partition.

The indexes hold keys only, which never change: they cost one write with a new record, and none for
the steps of an order. The records themselves are read from the tables, as they are now.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.items import Item, batch_get, readable, s
from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.domain.fills import Fill
from pilotfish.domain.filters import CopyFilter, Filter, Order
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.places import Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_OWNER = "by_owner"

T = TypeVar("T")
Slice = tuple[Sequence[T], Place | None]


class DynamoRecords:
    """Reads only."""

    def __init__(self, client: "DynamoDBClient", *, fills_table: str, orders_table: str) -> None:
        self._client = client
        self._fills_table = fills_table
        self._orders_table = orders_table

    def fills(self, owner: str, asked: Filter, after: Place | None, limit: int) -> Slice[Fill]:
        """Of all the owner's accounts, or of one of them."""
        table = self._fills_table
        return self._slice(table, owner, asked.account_id, asked, after, limit, fill_from_item)

    def orders(
        self, owner: str, asked: CopyFilter, after: Place | None, limit: int
    ) -> Slice[CopyOrder]:
        """Of all the owner's follows, or of one follow, whoever's that is."""
        table = self._orders_table
        return self._slice(table, owner, asked.follow_id, asked, after, limit, order_from_item)

    def order(self, follow_id: str, order_key: str) -> CopyOrder | None:
        """The order as stored now."""
        answer = self._client.get_item(
            TableName=self._orders_table,
            Key={"pk": s(follow_id), "sk": s(order_key)},
            ConsistentRead=True,
        )
        return order_from_item(answer["Item"]) if "Item" in answer else None

    def _slice(
        self,
        table: str,
        owner: str,
        partition: str,
        asked: Filter,
        after: Place | None,
        limit: int,
        decode: Callable[[Any], T],
    ) -> Slice[T]:
        since, until = asked.span
        if since > until:  # DynamoDB refuses a span that ends before it begins.
            return [], None
        request: Any = {
            "TableName": table,
            "KeyConditionExpression": "#pk = :pk AND sk BETWEEN :since AND :until",
            "ExpressionAttributeNames": {"#pk": "pk" if partition else "owner"},
            "ExpressionAttributeValues": {
                ":pk": s(partition or owner),
                ":since": s(since),
                ":until": s(until),
            },
            "ScanIndexForward": asked.order is Order.OLDEST_FIRST,
            "Limit": limit,
        }
        if not partition:
            request["IndexName"] = BY_OWNER
        if after is not None:
            request["ExclusiveStartKey"] = _start(after, partition, owner, asked)
        answer: Any = self._client.query(**request)
        items = answer["Items"] if partition else self._whole(table, answer["Items"])
        last = answer.get("LastEvaluatedKey")
        place = Place(last["pk"]["S"], last["sk"]["S"]) if last else None
        return readable(items, decode), place

    def _whole(self, table: str, keys: Sequence[Any]) -> list[Any]:
        """The records in the order of their keys; one that is gone is left out."""
        wanted = [{"pk": key["pk"], "sk": key["sk"]} for key in keys]
        order = {(key["pk"]["S"], key["sk"]["S"]): n for n, key in enumerate(wanted)}
        found = batch_get(self._client, table, wanted, consistent=False)
        return sorted(found, key=lambda item: order[item["pk"]["S"], item["sk"]["S"]])


def _start(after: Place, partition: str, owner: str, asked: Filter) -> Item:
    """Behind a record; one that is not within the list asked for stands at its nearer end."""
    since, until = asked.span
    sort = min(max(after.sk, since), until)
    if partition:
        return {"pk": s(partition), "sk": s(sort)}
    return {"owner": s(owner), "pk": s(after.pk), "sk": s(sort)}
