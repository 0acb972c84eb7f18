"""Where an account is known to have traded, without reading all its fills."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import s
from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
from pilotfish.domain.netting import symbol_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SESSIONS = 100


class DynamoKnownSymbols:
    """Every live fill has a row of its leader's positions, every other one a session's symbols."""

    def __init__(
        self, client: "DynamoDBClient", *, positions_table: str, sessions_table: str
    ) -> None:
        self._client = client
        self._positions_table = positions_table
        self._sessions = DynamoSyncSessions(client, sessions_table)

    def of_account(self, account_id: str) -> set[str]:
        """Symbols of all the fills that are stored, and of what earlier back-fills looked at."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._positions_table,
            KeyConditionExpression="pk = :holder",
            ExpressionAttributeValues={":holder": s(account_id)},
            ProjectionExpression="sk",
        )
        held = {symbol_of(row["sk"]["S"]) for page in pages for row in page["Items"]}
        sessions = self._sessions.of_account(account_id, SESSIONS)
        looked_at = {symbol for session in sessions for symbol in session.symbols}
        return {symbol for symbol in held | looked_at if symbol}
