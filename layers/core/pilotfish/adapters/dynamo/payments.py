"""TrackRecordsTable: what accounts were paid beside trades, and how far that was read.

    pk payments|<account>   sk paid#<time>#<kind>#<key> | reading | wanted#<follow>

A payment is put once. The reading is written with the payments that it found, from a known
revision on: two who read at the same time write one after the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.documents import document, from_document
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    batch_get,
    n,
    s,
    transact,
)
from pilotfish.domain.payments import Payment, Reading, Wanted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PAID, READING, WANTED = "paid#", "reading", "wanted#"


class DynamoPayments:
    """Everything is by account."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def readings(self, account_ids: Iterable[str]) -> dict[str, Reading]:
        """By account; one that was never read is left out."""
        keys = [_key(name, READING) for name in dict.fromkeys(account_ids)]
        items = batch_get(self._client, self._table, keys)
        found = (from_document(Reading, item["document"]["S"]) for item in items)
        return {reading.account_id: reading for reading in found}

    def add(self, reading: Reading, payments: Sequence[Payment]) -> Reading | None:
        """Write those that are new, and the reading after `reading.revision`, which is returned.

        None, and nothing is written, when somebody else wrote one meanwhile. At most
        `payments.MOST`.
        """
        new = self._new(reading.account_id, payments)
        after = reading.after(new)
        put: Any = self._put(reading.account_id, READING, after, revision=n(after.revision))
        put["Put"] |= _at_revision(reading.revision)
        puts = [self._put(reading.account_id, PAID + each.name, each) for each in new]
        try:
            transact(self._client, [put, *puts])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return None
            raise
        return after

    def between(self, account_id: str, since_ms: int, until_ms: int) -> list[Payment]:
        """From the one time to the other, both included, in their order."""
        since, until = f"{PAID}{since_ms:013d}", f"{PAID}{until_ms:013d}#~"
        return [from_document(Payment, text) for text in self._documents(account_id, since, until)]

    def want(self, account_id: str, wanted: Wanted) -> None:
        """The fees of these copies are to be looked for; what the follow wanted before is not."""
        self._client.put_item(**self._put(account_id, WANTED + wanted.follow_id, wanted)["Put"])

    def wanted(self, account_id: str) -> list[Wanted]:
        """Whatever was ever wanted, of all follows of the account."""
        texts = self._documents(account_id, WANTED, f"{WANTED}~")
        return [from_document(Wanted, text) for text in texts]

    def _new(self, account_id: str, payments: Sequence[Payment]) -> list[Payment]:
        if not payments:
            return []
        times = [each.at_ms for each in payments]
        known = {each.name for each in self.between(account_id, min(times), max(times))}
        return [each for name, each in {p.name: p for p in payments}.items() if name not in known]

    def _documents(self, account_id: str, first: str, last: str) -> Iterator[str]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :account AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":account": s(f"payments|{account_id}"),
                ":first": s(first),
                ":last": s(last),
            },
            ConsistentRead=True,
        )
        return (item["document"]["S"] for page in pages for item in page["Items"])

    def _put(self, account_id: str, name: str, value: object, **more: Item) -> Item:
        item = _key(account_id, name) | {"document": s(document(value))} | more
        return {"Put": {"TableName": self._table, "Item": item}}


def _key(account_id: str, name: str) -> Item:
    return {"pk": s(f"payments|{account_id}"), "sk": s(name)}


def _at_revision(revision: int) -> dict[str, Any]:
    if revision == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "revision = :before",
        "ExpressionAttributeValues": {":before": n(revision)},
    }
