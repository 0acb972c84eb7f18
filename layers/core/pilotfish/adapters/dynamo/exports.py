"""ExportsTable: by owner and id; rows and files are gone after a day."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import Codec, n, readable, s
from pilotfish.domain.exports import Export

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 86_400

_codec = Codec(Export, {"owner": "pk", "export_id": "sk"})


class DynamoExports:
    """An export is one item."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, export: Export) -> None:
        """A new one, or how it ended."""
        item = _codec.encode(export) | {"expires_at": n(export.created_ms // 1000 + KEEP_S)}
        self._client.put_item(TableName=self._table, Item=item)

    def get(self, owner: str, export_id: str) -> Export | None:
        """As stored now."""
        answer = self._client.get_item(
            TableName=self._table,
            Key={"pk": s(owner), "sk": s(export_id)},
            ConsistentRead=True,
        )
        return _codec.decode(answer["Item"]) if "Item" in answer else None

    def of(self, owner: str, limit: int) -> list[Export]:
        """The latest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :owner",
            ExpressionAttributeValues={":owner": s(owner)},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        return readable(answer["Items"], _codec.decode)
