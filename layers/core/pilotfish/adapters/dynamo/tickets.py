"""Tickets in ConnectionsTable: what a browser, which cannot send headers, brings to connect."""

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.domain.viewers import Viewer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TICKET_S = 30


class DynamoTickets:
    """A ticket lets one connection in, within 30 s; stored is its hash alone."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def issue(self, viewer: Viewer, now_ms: int) -> str:
        """A new ticket for the viewer: 256 random bits, fit for a URL."""
        ticket = secrets.token_urlsafe(32)
        self._client.put_item(
            TableName=self._table,
            Item={
                **_key(ticket),
                "user": s(viewer.user),
                "operator": {"BOOL": viewer.operator},
                "until_ms": n(viewer.until_ms),
                "expires_ms": n(now_ms + TICKET_S * 1000),
                "expires_at": n(now_ms // 1000 + TICKET_S + 1),
            },
        )
        return ticket

    def redeem(self, ticket: str, now_ms: int) -> Viewer | None:
        """Whom the ticket was issued to, once; None when it is unknown, used or too old.

        DynamoDB may keep a row for days after its `expires_at`, so the time is looked at too.
        """
        try:
            answer: Any = self._client.delete_item(
                TableName=self._table,
                Key=_key(ticket),
                ConditionExpression="attribute_exists(pk)",
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        item = answer["Attributes"]
        if now_ms >= int(item["expires_ms"]["N"]):
            return None
        return Viewer(item["user"]["S"], item["operator"]["BOOL"], int(item["until_ms"]["N"]))


def _key(ticket: str) -> Item:
    digest = hashlib.sha256(ticket.encode(errors="surrogatepass")).hexdigest()
    return {"pk": s(f"ticket#{digest}"), "sk": s("-")}
