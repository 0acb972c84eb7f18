"""FollowsTable, asked what needs an account."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.follow_items import follow_from_item
from pilotfish.adapters.dynamo.items import batch_get, readable, s
from pilotfish.adapters.dynamo.register import BY_OWNER
from pilotfish.domain.follows import Follow
from pilotfish.domain.managing import Connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoFollowsOf:
    """Follows of an owner are found by the owner, those of a leader by the leader."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def __call__(self, connection: Connection) -> list[Follow]:
        """What the account copies, and who copies it, unless that has come to its end."""
        account_id = connection.account_id
        keys = [
            {"pk": item["pk"], "sk": item["sk"]}
            for item in self._query("#owner", connection.owner, IndexName=BY_OWNER)
        ]
        own = [
            item
            for item in batch_get(self._client, self._table, keys)
            if item["account_id"]["S"] == account_id
        ]
        of_it = self._query("#pk", account_id, ConsistentRead=True) if connection.leads else ()
        found = {each["sk"]["S"]: each for each in (*own, *of_it)}
        follows = readable(found.values(), follow_from_item)
        return [follow for follow in follows if follow.live or follow.ending]

    def _query(self, attribute: str, value: str, **more: Any) -> Iterator[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"{attribute} = :value",
            ExpressionAttributeNames={attribute: attribute[1:]},
            ExpressionAttributeValues={":value": s(value)},
            **more,
        )
        return (item for page in pages for item in page["Items"])
