"""Which traders a user may watch."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import s
from pilotfish.domain.follows import Status
from pilotfish.domain.viewers import Viewer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoSight:
    """A member sees the own accounts and the leaders that one of the own accounts follows.

    A follow that is paused still copies exits, so its trader is still seen; a stopped one is not.
    """

    def __init__(self, client: "DynamoDBClient", accounts_table: str, follows_table: str) -> None:
        self._client = client
        self._accounts_table = accounts_table
        self._follows_table = follows_table

    def __call__(self, viewer: Viewer, trader: str) -> bool:
        """Whether the viewer may see the trader (leader account id)."""
        return viewer.operator or self._owns(viewer, trader) or self._follows(viewer, trader)

    def _owns(self, viewer: Viewer, account_id: str) -> bool:
        item = self._client.get_item(
            TableName=self._accounts_table,
            Key={"pk": s(account_id)},
            ProjectionExpression="#owner",
            ExpressionAttributeNames={"#owner": "owner"},
        ).get("Item")
        return item is not None and item["owner"]["S"] == viewer.user

    def _follows(self, viewer: Viewer, leader_id: str) -> bool:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._follows_table,
            KeyConditionExpression="pk = :leader",
            FilterExpression="#owner = :user"
            " AND (#active = :yes OR #status IN (:paused, :closing))",
            ExpressionAttributeNames={
                "#owner": "owner",
                "#active": "active",
                "#status": "status",
            },
            ExpressionAttributeValues={
                ":leader": s(leader_id),
                ":user": s(viewer.user),
                ":yes": {"BOOL": True},
                ":paused": s(Status.PAUSED),
                ":closing": s(Status.CLOSE_ONLY),
            },
            ProjectionExpression="sk",
        )
        return any(page["Items"] for page in pages)
