"""ChannelLogTable, partitions `highest|<user>`: the most that a user's copies ever stood at."""

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import Item, n, s

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# So long after the last run that told the user's risk, or the last high.
KEEP_S = 30 * 86_400


class DynamoHighest:
    """One row for each user; whoever tells risk may write it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, user: str, now_ms: int) -> Decimal | None:
        """None for whom risk was not told lately."""
        item = self._client.get_item(
            TableName=self._table, Key=_key(user), ConsistentRead=True
        ).get("Item")
        if item is None or int(item["expires_at"]["N"]) * 1000 <= now_ms:
            return None
        return Decimal(item["highest"]["N"])

    def raise_to(self, user: str, total: Decimal, now_ms: int) -> None:
        """Never lower; the same one is kept for longer."""
        now_s = now_ms // 1000
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(user),
                UpdateExpression="SET highest = :highest, expires_at = :expires",
                ConditionExpression=(
                    "attribute_not_exists(pk) OR highest <= :highest OR expires_at <= :now"
                ),
                ExpressionAttributeValues={
                    ":highest": n(total),
                    ":expires": n(now_s + KEEP_S),
                    ":now": n(now_s),
                },
            )


def _key(user: str) -> Item:
    return {"pk": s(f"highest|{user}"), "sk": n(0)}
