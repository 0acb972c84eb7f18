"""FillsTable and CopyOrdersTable as track records read them: in order, each page once."""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.fills import WRITTEN, fill_from_item
from pilotfish.adapters.dynamo.items import batch_get, n, readable, s
from pilotfish.adapters.dynamo.order_items import EXECUTED, order_from_item
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoExecuted:
    """Reads only."""

    def __init__(
        self, client: "DynamoDBClient", *, fills_table: str, copy_orders_table: str
    ) -> None:
        self._client = client
        self._fills_table = fills_table
        self._orders_table = copy_orders_table

    def fills(self, account_id: str, after: str, limit: int) -> list[Fill]:
        """The first `limit` fills after this fill id, back-filled ones too, as of now."""
        request: Any = {
            "TableName": self._fills_table,
            "KeyConditionExpression": "pk = :account AND sk > :after",
            "ExpressionAttributeValues": {":account": s(account_id), ":after": s(after or " ")},
            "ConsistentRead": True,
        }
        return readable(self._query(request, limit), fill_from_item)

    def written_after(self, account_id: str, number: int, limit: int) -> list[tuple[int, str]]:
        """Number and id of the first `limit` live fills after this one in the order of writing."""
        request: Any = {
            "TableName": self._fills_table,
            "IndexName": WRITTEN,
            "KeyConditionExpression": f"pk = :account AND {WRITTEN} > :number",
            "ExpressionAttributeValues": {":account": s(account_id), ":number": n(number)},
        }
        keys = self._query(request, limit)
        return [(int(key[WRITTEN]["N"]), key["sk"]["S"]) for key in keys]

    def copies(self, follow_id: str, after_ms: int, until_ms: int) -> list[CopyOrder]:
        """Orders that moved a position later than the one time and not later than the other.

        The index says which, in their order; the orders are read as they are now.
        """
        request: Any = {
            "TableName": self._orders_table,
            "IndexName": EXECUTED,
            "KeyConditionExpression": "pk = :follow AND executed_ms BETWEEN :after AND :until",
            "ExpressionAttributeValues": {
                ":follow": s(follow_id),
                ":after": n(after_ms + 1),
                ":until": n(until_ms),
            },
        }
        keys = [key["sk"]["S"] for key in self._query(request, None)]
        orders = {order.order_key: order for order in self._orders(follow_id, keys)}
        return [orders[key] for key in keys if key in orders]

    def _orders(self, follow_id: str, order_keys: list[str]) -> list[CopyOrder]:
        keys = [{"pk": s(follow_id), "sk": s(key)} for key in order_keys]
        return readable(batch_get(self._client, self._orders_table, keys), order_from_item)

    def _query(self, request: Any, limit: int | None) -> list[Any]:
        """As many as are wanted, over as many answers as that takes."""
        found: list[Any] = []
        while limit is None or len(found) < limit:
            asked = request if limit is None else request | {"Limit": limit - len(found)}
            answer = self._client.query(**asked)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return found
