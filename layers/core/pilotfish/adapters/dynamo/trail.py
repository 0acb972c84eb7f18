"""TrailTable: what was done, by subject; lines are put once, and nothing else is possible.

What operators did is in the index of every line too; what owners did to their own is not.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Codec, Item, readable, s
from pilotfish.domain.trail import Action

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_ACTOR = "by_actor"
EVERY = "every"

_codec = Codec(Action, {"subject": "pk", "by": "actor"})


def action_put(table: str, action: Action) -> Item:
    """The transaction item that adds a line; one that is there already is never written over."""
    item = _codec.encode(action) | {"sk": s(action.action_id)}
    if action.operator:
        item[EVERY] = s("1")
    return {
        "Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    }


class DynamoTrail:
    """Adds and reads."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def append(self, action: Action) -> None:
        """Add a line."""
        self._client.put_item(**action_put(self._table, action)["Put"])

    def of_subject(self, subject: str, before: str, limit: int) -> list[Action]:
        """The last `limit` lines before the id `before` (all when empty), the latest first."""
        return self._last("", "pk", subject, before, limit)

    def of_actor(self, by: str, before: str, limit: int) -> list[Action]:
        """The same of what one operator did."""
        return self._last(BY_ACTOR, "actor", by, before, limit)

    def latest(self, before: str, limit: int) -> list[Action]:
        """The same of everything."""
        return self._last(EVERY, EVERY, "1", before, limit)

    def _last(self, index: str, name: str, value: str, before: str, limit: int) -> list[Action]:
        items = self._pages(index, name, value, before or "~", limit)
        return readable(islice(items, limit), _codec.decode)

    def _pages(self, index: str, name: str, value: str, before: str, limit: int) -> Iterator[Any]:
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "#name = :value AND sk < :before",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": {":value": s(value), ":before": s(before)},
            "ScanIndexForward": False,
        }
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        pages = self._client.get_paginator("query")
        for page in pages.paginate(**request, PaginationConfig={"PageSize": limit}):
            yield from page["Items"]
