"""WatchlistsTable: by owner and id."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import Codec, Item, failed_condition, n, readable, s
from pilotfish.domain.watchlists import Watchlist

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_codec = Codec(Watchlist, {"owner": "pk", "watchlist_id": "sk"})


class DynamoWatchlists:
    """A list is one item."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, owner: str) -> list[Watchlist]:
        """By their ids, which are in the order of creation."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :owner",
            ExpressionAttributeValues={":owner": s(owner)},
            ConsistentRead=True,
        )
        return readable((item for page in pages for item in page["Items"]), _codec.decode)

    def get(self, owner: str, watchlist_id: str) -> Watchlist | None:
        """The list as stored now."""
        answer = self._client.get_item(
            TableName=self._table, Key=_key(owner, watchlist_id), ConsistentRead=True
        )
        return _codec.decode(answer["Item"]) if "Item" in answer else None

    def put(self, watchlist: Watchlist) -> bool:
        """Whether it is new at revision 1, or follows the stored revision."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if watchlist.revision > 1:
            condition = {
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": {":before": n(watchlist.revision - 1)},
            }
        try:
            self._client.put_item(TableName=self._table, Item=_codec.encode(watchlist), **condition)
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True

    def delete(self, owner: str, watchlist_id: str) -> bool:
        """False when there is none."""
        answer = self._client.delete_item(
            TableName=self._table, Key=_key(owner, watchlist_id), ReturnValues="ALL_OLD"
        )
        return "Attributes" in answer


def _key(owner: str, watchlist_id: str) -> Item:
    return {"pk": s(owner), "sk": s(watchlist_id)}
