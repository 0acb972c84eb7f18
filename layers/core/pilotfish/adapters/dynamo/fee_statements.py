"""TrackRecordsTable: statements of fees, for the follower by follow, for the leader by month.

pk fees|<follow>      sk 2026-11
pk earned|<leader>    sk 2026-11#<follow>
"""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.documents import document, from_document
from pilotfish.adapters.dynamo.items import CONDITION_FAILED, Item, TransactionCanceled, s, transact
from pilotfish.domain.fees import Statement

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

FEES, EARNED = "fees|", "earned|"


class DynamoFeeStatements:
    """Both are written together, once."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, statement: Statement) -> bool:
        """False when the month's was made before."""
        earned = f"{statement.month}#{statement.follow_id}"
        puts = [
            self._put(f"{FEES}{statement.follow_id}", statement.month, statement),
            self._put(f"{EARNED}{statement.leader_id}", earned, statement),
        ]
        try:
            transact(self._client, puts)
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return False
            raise
        return True

    def of_follow(self, follow_id: str) -> list[Statement]:
        """In their order."""
        return self._query(f"{FEES}{follow_id}", "")

    def of_leader(self, leader_id: str, month: str = "") -> list[Statement]:
        """Of all months or of one, of all who followed."""
        return self._query(f"{EARNED}{leader_id}", month)

    def _put(self, place: str, name: str, statement: Statement) -> Item:
        item = {"pk": s(place), "sk": s(name), "document": s(document(statement))}
        put = {"TableName": self._table, "Item": item}
        return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"}}

    def _query(self, place: str, begins: str) -> list[Statement]:
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :place",
            "ExpressionAttributeValues": {":place": s(place)},
            "ConsistentRead": True,
        }
        if begins:
            request["KeyConditionExpression"] += " AND begins_with(sk, :begins)"
            request["ExpressionAttributeValues"][":begins"] = s(begins)
        pages = self._client.get_paginator("query").paginate(**request)
        found = (item["document"]["S"] for page in pages for item in page["Items"])
        return [from_document(Statement, text) for text in found]
