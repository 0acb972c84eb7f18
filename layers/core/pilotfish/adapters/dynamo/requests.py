"""Requests of members, counted by the minute in RequestsTable."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import n, s

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 60


class DynamoRequests:
    """A row for each member and minute; DynamoDB takes it away."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def count(self, user: str, window: int, until_s: int) -> int:
        """How many requests the user has sent within the window, with this one."""
        answer = self._client.update_item(
            TableName=self._table,
            Key={"pk": s(f"pace#{user}#{window}")},
            UpdateExpression="ADD asked :one SET expires_at = :expires",
            ExpressionAttributeValues={":one": n(1), ":expires": n(until_s + KEEP_S)},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["asked"]["N"])
