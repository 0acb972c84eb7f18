"""CorrectionsTable: what people said of fills. It is only ever added to."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import Item, failed_condition, n, readable, s
from pilotfish.domain.corrections import Correction, Verb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_TIME = "by_time"


class DynamoCorrections:
    """Keys sort by fill, so by the venue's time, and then by number."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def append(self, correction: Correction) -> bool:
        """False when somebody said something else of the fill meanwhile."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_encode(correction),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True

    def of_fill(self, account_id: str, fill_id: str) -> list[Correction]:
        """In their order."""
        return self._query(account_id, "begins_with(sk, :from)", {":from": s(f"{fill_id}#")})

    def between(self, account_id: str, first_id: str, last_id: str) -> list[Correction]:
        """Of the fills from the first to the last (fill ids, both included)."""
        bounds = {":from": s(f"{first_id}#"), ":to": s(f"{last_id}#:")}
        return self._query(account_id, "sk BETWEEN :from AND :to", bounds)

    def said_between(self, account_id: str, after_ms: int, until_ms: int) -> list[str]:
        """Fill ids, of what was said later than the one time and not later than the other."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_TIME,
            KeyConditionExpression="pk = :account AND at_ms BETWEEN :after AND :until",
            ExpressionAttributeValues={
                ":account": s(account_id),
                ":after": n(after_ms + 1),
                ":until": n(until_ms),
            },
        )
        keys = (item["sk"]["S"] for page in pages for item in page["Items"])
        return sorted({key.rpartition("#")[0] for key in keys})

    def _query(self, account_id: str, keys: str, values: Item) -> list[Correction]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"pk = :account AND {keys}",
            ExpressionAttributeValues={":account": s(account_id)} | values,
            ConsistentRead=True,
        )
        return readable((item for page in pages for item in page["Items"]), _decode)


def _encode(correction: Correction) -> Item:
    return {
        "pk": s(correction.account_id),
        "sk": s(f"{correction.fill_id}#{correction.number:06d}"),
        "verb": s(correction.verb),
        "by": s(correction.by),
        "at_ms": n(correction.at_ms),
        "note": s(correction.note),
        "changes": s(json.dumps(dict(correction.changes))),
    }


def _decode(item: Any) -> Correction:
    fill_id, _, number = item["sk"]["S"].rpartition("#")
    return Correction(
        account_id=item["pk"]["S"],
        fill_id=fill_id,
        number=int(number),
        verb=Verb(item["verb"]["S"]),
        by=item["by"]["S"],
        at_ms=int(item["at_ms"]["N"]),
        note=item["note"]["S"],
        changes=json.loads(item["changes"]["S"]),
    )
