"""Whose an account or a follow is, for notices: rare, and never worth a failure."""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import s

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

OWNER: Any = {"ProjectionExpression": "#owner", "ExpressionAttributeNames": {"#owner": "owner"}}


class DynamoOwners:
    """Reads one attribute at a time."""

    def __init__(self, client: "DynamoDBClient", accounts_table: str, follows_table: str) -> None:
        self._client = client
        self._accounts_table = accounts_table
        self._follows_table = follows_table

    def of_account(self, account_id: str) -> str | None:
        """The user; None when there is no such account."""
        answer = self._client.get_item(
            TableName=self._accounts_table, Key={"pk": s(account_id)}, **OWNER
        )
        return answer["Item"]["owner"]["S"] if "Item" in answer else None

    def of_follow(self, leader_id: str, follow_id: str) -> str | None:
        """The user; None when there is no such follow."""
        answer = self._client.query(
            TableName=self._follows_table,
            KeyConditionExpression="pk = :leader AND sk = :follow",
            ExpressionAttributeValues={":leader": s(leader_id), ":follow": s(follow_id)},
            **OWNER,
        )
        return next((item["owner"]["S"] for item in answer["Items"]), None)
