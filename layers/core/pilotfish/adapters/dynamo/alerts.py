"""AlertsTable: notices by user, kept for thirty days; its stream tells the broadcaster."""

import contextlib
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import Codec, Item, n, readable, s
from pilotfish.domain.alerts import Notice

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 30 * 86_400
BY_TIME = "by_time"

_codec = Codec(Notice, {"user": "pk", "alert_id": "sk"})


def notice_from_item(item: Item) -> Notice:
    """A notice from its stored item or its stream image."""
    return _codec.decode(item)


class DynamoAlerts:
    """The same matter is written once, however often it is found."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, notice: Notice) -> None:
        """Nothing happens when it was written already."""
        item = _codec.encode(notice) | {"expires_at": n(notice.at_ms // 1000 + KEEP_S)}
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )

    def of_user(self, user: str, limit: int) -> list[Notice]:
        """The last `limit` that concern a user, oldest first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=BY_TIME,
            KeyConditionExpression="pk = :user",
            ExpressionAttributeValues={":user": s(user)},
            ScanIndexForward=False,
            Limit=limit,
        )
        return readable(answer["Items"], _codec.decode)[::-1]
