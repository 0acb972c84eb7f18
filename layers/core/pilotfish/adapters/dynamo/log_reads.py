"""What those who come back ask of a channel's log; see channel_log.py."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, batch_get, n, s
from pilotfish.domain.logs import Missed
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

HEAD = 10**16
CHUNK = 200
# Who comes within this time of the first one comes together with it.
TOGETHER_MS = 30_000


class LogReads:
    """Every read is strongly consistent."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def begin(self, topic: str) -> int:
        """Somebody listens after a time in which nobody did; the last number until now.

        Of several who come at once, one skips a number: nothing was told since.
        """
        now_ms = self._clock()
        try:
            answer: Any = self._client.update_item(
                TableName=self._table,
                Key=log_key(topic, HEAD),
                UpdateExpression="SET begun_ms = :now ADD seq :one",
                ConditionExpression="attribute_not_exists(begun_ms) OR begun_ms < :lately",
                ExpressionAttributeValues={
                    ":now": n(now_ms),
                    ":one": n(1),
                    ":lately": n(now_ms - TOGETHER_MS),
                },
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.heads([topic])[topic]
        return int(answer["Attributes"]["seq"]["N"])

    def heads(self, topics: Iterable[str]) -> dict[str, int]:
        """The last number of each topic; 0 where nothing was ever told."""
        wanted = sorted(set(topics))
        rows = batch_get(self._client, self._table, [log_key(topic, HEAD) for topic in wanted])
        return dict.fromkeys(wanted, 0) | {row["pk"]["S"]: int(row["seq"]["N"]) for row in rows}

    def missed(self, topic: str, after: int, limit: int) -> Missed:
        """What was told after a number; no messages when that is more, or not kept so far back."""
        head = self.heads([topic])[topic]
        if after > head or head - after > limit:
            return Missed(head, None)
        if after == head:
            return Missed(head, ())
        messages, expected = [], after + 1
        for item in self._items(topic, after - CHUNK + 1, head):
            first = int(item["sk"]["N"])
            bodies = item["bodies"]["S"].split("\n")
            if first + len(bodies) <= expected:
                continue
            if first > expected:
                break
            messages += [body.encode() for body in bodies[expected - first :]]
            expected = first + len(bodies)
        return Missed(head, messages[: head - after] if expected > head else None)

    def latest(self, topic: str, limit: int) -> list[bytes]:
        """The newest that is kept, oldest first."""
        found: list[bytes] = []
        for item in self._newest_first(topic):
            if len(found) >= limit:
                break
            if "bodies" in item:
                found[:0] = [body.encode() for body in item["bodies"]["S"].split("\n")]
        return found[-limit:]

    def _items(self, topic: str, first: int, last: int) -> Iterable[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :topic AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":topic": s(topic), ":first": n(first), ":last": n(last)},
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def _newest_first(self, topic: str) -> Iterable[Any]:
        """The head, then chunks."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :topic",
            ExpressionAttributeValues={":topic": s(topic)},
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"PageSize": 10},
        )
        return (item for page in pages for item in page["Items"])


def log_key(topic: str, seq: int) -> Item:
    return {"pk": s(topic), "sk": n(seq)}
