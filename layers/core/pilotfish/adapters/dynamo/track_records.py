"""TrackRecordsTable: by account or follow, where counting stands, its days, and its record.

    pk <place>              sk head | day#2026-11-21 | open#2026-11-21 | record
    pk copied|<account>     sk record
    pk followers|<leader>   sk <follow>
    pk copies|<account>     sk <follow>

Days are rewritten when they are counted again. A day and what was open at its end are items of
their own, because a series reads days alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.documents import document, from_document
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    batch_get,
    failed_condition,
    n,
    readable,
    s,
    transact,
)
from pilotfish.domain.performance.counting import Ended, Head
from pilotfish.domain.performance.days import Day
from pilotfish.domain.performance.following import Followed
from pilotfish.domain.performance.records import TrackRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

T = TypeVar("T")

HEAD, DAY, OPEN, RECORD = "head", "day#", "open#", "record"
FOLLOWERS, COPIES = "followers|", "copies|"
# Days in a transaction, two items each, beside the head.
DAYS = 40


class DynamoTrackRecords:
    """Every write of days holds the head's revision, so that a slow run overwrites nothing."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def head(self, place: str) -> Head | None:
        """How far an account or a follow is counted."""
        return self._get(Head, place, HEAD)

    def save(self, head: Head, ended: Sequence[Ended]) -> bool:
        """Write days that ended, and then the head with its day.

        A crash between leaves days that are counted again from the head, and come out the same.
        """
        try:
            for start in range(0, len(ended), DAYS):
                days = [
                    put for each in ended[start : start + DAYS] for put in self._days(head, each)
                ]
                transact(self._client, [self._unmoved(head), *days])
            running = (
                [] if head.day is None else [self._put(head.place, DAY + head.day.day, head.day)]
            )
            put: Any = self._put(head.place, HEAD, head, revision=n(head.revision))
            put["Put"] |= _at_revision(head.revision - 1)
            transact(self._client, [put, *running])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return False
            raise
        return True

    def ended_before(self, place: str, day: str) -> Ended | None:
        """The last day before that one, with what was open at its end."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :place AND sk BETWEEN :first AND :day",
            ExpressionAttributeValues={
                ":place": s(place),
                ":first": s(OPEN),
                ":day": s(f"{OPEN}{day}"),
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=2,
        )
        found = [item for item in answer["Items"] if item["sk"]["S"] < f"{OPEN}{day}"]
        return from_document(Ended, found[0]["document"]["S"]) if found else None

    def days(self, place: str, since: str = "") -> dict[str, Day]:
        """From that day on, the one that runs too."""
        keys = "pk = :place AND sk BETWEEN :since AND :end"
        bounds = {":place": s(place), ":since": s(f"{DAY}{since}"), ":end": s(f"{DAY}~")}
        days = (from_document(Day, text) for text in self._documents(keys, bounds))
        return {day.day: day for day in days}

    def publish(self, record: TrackRecord) -> bool:
        """False when a later one is there."""
        put: Any = self._put(record.place, RECORD, record, computed_ms=n(record.computed_ms))
        put["Put"] |= {
            "ConditionExpression": "attribute_not_exists(pk) OR computed_ms <= :computed_ms",
            "ExpressionAttributeValues": {":computed_ms": n(record.computed_ms)},
        }
        try:
            self._client.put_item(**put["Put"])
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True

    def record(self, place: str) -> TrackRecord | None:
        """As it was computed last."""
        return self._get(TrackRecord, place, RECORD)

    def published(self, places: Iterable[str]) -> dict[str, TrackRecord]:
        """Those of several places at once; what was never computed is left out."""
        keys = [{"pk": s(place), "sk": s(RECORD)} for place in dict.fromkeys(places)]
        found = batch_get(self._client, self._table, keys)
        return {record.place: record for record in readable(found, _record)}

    def save_followed(self, row: Followed) -> None:
        """What a follow comes to, for its leader's record and its account's."""
        places = f"{FOLLOWERS}{row.leader_id}", f"{COPIES}{row.account_id}"
        transact(self._client, [self._put(place, row.follow_id, row) for place in places])

    def followed(self, leader_id: str) -> dict[str, Followed]:
        """By follow, stopped ones too."""
        return self._rows(f"{FOLLOWERS}{leader_id}")

    def copied(self, account_id: str) -> dict[str, Followed]:
        """What an account copies, or did; by follow."""
        return self._rows(f"{COPIES}{account_id}")

    def _rows(self, place: str) -> dict[str, Followed]:
        found = self._documents("pk = :place", {":place": s(place)})
        rows = (from_document(Followed, text) for text in found)
        return {row.follow_id: row for row in rows}

    def _documents(self, keys: str, values: Item) -> Iterator[str]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=keys,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return (item["document"]["S"] for page in pages for item in page["Items"])

    def _get(self, kind: type[T], place: str, name: str) -> T | None:
        item = self._client.get_item(
            TableName=self._table, Key={"pk": s(place), "sk": s(name)}, ConsistentRead=True
        ).get("Item")
        return None if item is None else from_document(kind, item["document"]["S"])

    def _put(self, place: str, name: str, value: object, **more: Item) -> Item:
        item = {"pk": s(place), "sk": s(name), "document": s(document(value))}
        return {"Put": {"TableName": self._table, "Item": item | more}}

    def _days(self, head: Head, each: Ended) -> list[Item]:
        day = each.day.day
        return [
            self._put(head.place, DAY + day, each.day),
            self._put(head.place, OPEN + day, each),
        ]

    def _unmoved(self, head: Head) -> Item:
        key = {"pk": s(head.place), "sk": s(HEAD)}
        check = {"TableName": self._table, "Key": key} | _at_revision(head.revision - 1)
        return {"ConditionCheck": check}


def _record(item: Any) -> TrackRecord:
    return from_document(TrackRecord, item["document"]["S"])


def _at_revision(revision: int) -> dict[str, Any]:
    """The condition that a head is there at a revision; 0: that there is none."""
    if revision == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "revision = :before",
        "ExpressionAttributeValues": {":before": n(revision)},
    }
