"""ConnectionsTable, partition `connections`: who is connected, until when, and how talkative."""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.connections import CONNECTIONS, LIFETIME_S
from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.domain.viewers import Session, Viewer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoSessions:
    """One row for each open connection; what was not closed properly expires."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def open(self, connection_id: str, viewer: Viewer, now_ms: int) -> None:
        """A connection was let in."""
        self._client.put_item(
            TableName=self._table,
            Item={
                **_key(connection_id),
                "user": s(viewer.user),
                "operator": {"BOOL": viewer.operator},
                "since_ms": n(now_ms),
                "until_ms": n(viewer.until_ms),
                "expires_at": n(now_ms // 1000 + LIFETIME_S),
            },
        )

    def close(self, connection_id: str) -> None:
        """It has ended."""
        self._client.delete_item(TableName=self._table, Key=_key(connection_id))

    def spend(self, connection_id: str, now_ms: int) -> int:
        """How many messages the connection has sent within this second, with this one."""
        second = n(now_ms // 1000)
        try:
            answer: Any = self._client.update_item(
                TableName=self._table,
                Key=_key(connection_id),
                UpdateExpression="ADD said :one",
                ConditionExpression="spoke_at = :second",
                ExpressionAttributeValues={":one": n(1), ":second": second},
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            self._first(connection_id, second)
            return 1
        return int(answer["Attributes"]["said"]["N"])

    def all(self) -> list[Session]:
        """Every connection that is open, or was not closed properly."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :all",
            ExpressionAttributeValues={":all": s(CONNECTIONS)},
        )
        return [_session(item) for page in pages for item in page["Items"]]

    def _first(self, connection_id: str, second: Item) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(connection_id),
                UpdateExpression="SET spoke_at = :second, said = :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":one": n(1), ":second": second},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # It is closed already: nothing is to be counted.


def _session(item: Any) -> Session:
    return Session(
        connection_id=item["sk"]["S"],
        viewer=Viewer(item["user"]["S"], item["operator"]["BOOL"], int(item["until_ms"]["N"])),
        since_ms=int(item["since_ms"]["N"]),
        subscriptions=int(item.get("subscriptions", n(0))["N"]),
    )


def _key(connection_id: str) -> Item:
    return {"pk": s(CONNECTIONS), "sk": s(connection_id)}
