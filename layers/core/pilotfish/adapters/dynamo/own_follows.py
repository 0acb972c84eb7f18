"""FollowsTable as owners read it."""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.follow_items import follow_from_item
from pilotfish.adapters.dynamo.items import Item, batch_get, readable, s
from pilotfish.domain.follows import Follow
from pilotfish.domain.places import Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_OWNER = "by_owner"


class DynamoOwnFollows:
    """The index knows names alone; follows are read from the table, as they are now."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, leader_id: str, follow_id: str) -> Follow | None:
        """As it is now."""
        key = {"pk": s(leader_id), "sk": s(follow_id)}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return follow_from_item(answer["Item"]) if "Item" in answer else None

    def leader_of(self, owner: str, follow_id: str) -> str | None:
        """Whom one of the owner's follows follows; a new one may not be found for a moment."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=BY_OWNER,
            KeyConditionExpression="#owner = :owner AND sk = :follow",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": s(owner), ":follow": s(follow_id)},
            Limit=1,
        )
        return next((item["pk"]["S"] for item in answer["Items"]), None)

    def of_owner(
        self, owner: str, after: Place | None, limit: int
    ) -> tuple[list[Follow], Place | None]:
        """So many of them by name, stopped ones too, and where the next begin."""
        asked: Any = {
            "TableName": self._table,
            "IndexName": BY_OWNER,
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": s(owner)},
            "Limit": limit,
        }
        if after is not None:
            key = {"pk": s(after.pk), "sk": s(after.sk)}
            asked["ExclusiveStartKey"] = key | {"owner": s(owner)}
        answer = self._client.query(**asked)
        found = readable(self._read(answer["Items"]), follow_from_item)
        following = answer.get("LastEvaluatedKey")
        place = Place(following["pk"]["S"], following["sk"]["S"]) if following else None
        return sorted(found, key=lambda follow: follow.follow_id), place

    def _read(self, items: list[Any]) -> list[Item]:
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
        return batch_get(self._client, self._table, keys)
