"""PositionsTable, `<follow>#limits` beside the standing: what is remembered of the result."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import failed_condition, n, s
from pilotfish.adapters.dynamo.standings import LIMITS
from pilotfish.domain.losses import Period, Start, Watch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

WATCH = "#watch"


class DynamoWatches:
    """One item for each follow whose losses are limited."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, follow_id: str) -> Watch | None:
        """As of the last look."""
        key = {"pk": s(follow_id + LIMITS), "sk": s(WATCH)}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _decode(answer["Item"]) if "Item" in answer else None

    def save(self, follow_id: str, watch: Watch) -> bool:
        """False, and nothing is written, when a later look is stored."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": s(follow_id + LIMITS),
                    "sk": s(WATCH),
                    "at_ms": n(watch.at_ms),
                    "watch": s(_document(watch)),
                },
                ConditionExpression="attribute_not_exists(pk) OR at_ms < :at",
                ExpressionAttributeValues={":at": n(watch.at_ms)},
            )
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True


def _document(watch: Watch) -> str:
    starts = {
        period: [start.begins_ms, str(start.result), str(start.capital)]
        for period, start in watch.starts.items()
    }
    sums = [str(watch.result), str(watch.high), str(watch.high_capital)]
    document = {"sums": sums, "starts": starts, "paused": [watch.version, watch.resume_ms]}
    return json.dumps(document, separators=(",", ":"))


def _decode(item: Any) -> Watch:
    document = json.loads(item["watch"]["S"])
    starts = {
        Period(period): Start(begins_ms, Decimal(result), Decimal(capital))
        for period, (begins_ms, result, capital) in document["starts"].items()
    }
    result, high, high_capital = map(Decimal, document["sums"])
    version, resume_ms = document["paused"]
    at_ms = int(item["at_ms"]["N"])
    return Watch(at_ms, result, high, high_capital, starts, version, resume_ms)
