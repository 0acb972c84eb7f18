"""TrackRecordsTable: statements of fees, by follow to be made, and by each side to be read.

pk fees|<follow>      sk 2026-11
pk owed|<owner>       sk 2026-11#<follow>    of the follower's user; of the month that runs too
pk earned|<owner>     sk 2026-11#<follow>    of the leader's user
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.documents import document, from_document
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    failed_condition,
    s,
    transact,
)
from pilotfish.domain.fees import Statement
from pilotfish.domain.places import Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

FEES, OWED, EARNED = "fees|", "owed|", "earned|"
LAST = "~"  # Sorts after all of a month, and of all months.


class DynamoFeeStatements:
    """What is made is written for all who read it together, once."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, statement: Statement) -> bool:
        """False when the month's was made before."""
        made = self._put(f"{FEES}{statement.follow_id}", statement.month, statement)
        made["ConditionExpression"] = "attribute_not_exists(pk)"
        name = f"{statement.month}#{statement.follow_id}"
        owed = self._put(f"{OWED}{statement.owner}", name, statement)
        earned = self._put(f"{EARNED}{statement.leader_owner}", name, statement)
        try:
            transact(self._client, [{"Put": put} for put in (made, owed, earned)])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return False
            raise
        return True

    def estimate(self, statement: Statement) -> bool:
        """False when the month's was made before, which is never written over."""
        name = f"{statement.month}#{statement.follow_id}"
        put = self._put(f"{OWED}{statement.owner}", name, statement)
        put["Item"]["running"] = {"BOOL": True}
        put["ConditionExpression"] = "attribute_not_exists(pk) OR attribute_exists(running)"
        try:
            self._client.put_item(**put)
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True

    def of_follow(self, follow_id: str) -> list[Statement]:
        """In their order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :place",
            ExpressionAttributeValues={":place": s(f"{FEES}{follow_id}")},
            ConsistentRead=True,
        )
        return [_read(item) for page in pages for item in page["Items"]]

    def owed_by(
        self, owner: str, month: str, after: Place | None, limit: int
    ) -> tuple[Sequence[Statement], Place | None]:
        """By a user's follows, of all months or of one, the newest first; and where more are."""
        return self._page(f"{OWED}{owner}", month, after, limit)

    def owed_to(
        self, owner: str, month: str, after: Place | None, limit: int
    ) -> tuple[Sequence[Statement], Place | None]:
        """The same to a user's leaders; only what is settled."""
        return self._page(f"{EARNED}{owner}", month, after, limit)

    def _put(self, place: str, name: str, statement: Statement) -> Item:
        item = {"pk": s(place), "sk": s(name), "document": s(document(statement))}
        return {"TableName": self._table, "Item": item}

    def _page(
        self, place: str, month: str, after: Place | None, limit: int
    ) -> tuple[Sequence[Statement], Place | None]:
        first, last = month or "0", f"{month}{LAST}"
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :place AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":place": s(place),
                ":first": s(first),
                ":last": s(last),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after is not None:  # One that is not within the list stands at its nearer end.
            sort = min(max(after.sk, first), last)
            request["ExclusiveStartKey"] = {"pk": s(place), "sk": s(sort)}
        answer = self._client.query(**request)
        following = answer.get("LastEvaluatedKey")
        then = Place(OWED, following["sk"]["S"]) if following else None
        return [_read(item) for item in answer["Items"]], then


def _read(item: Any) -> Statement:
    return from_document(Statement, item["document"]["S"])
