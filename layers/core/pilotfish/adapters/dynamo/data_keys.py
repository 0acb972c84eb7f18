"""KeysTable: the wrapped data keys of the keys that accounts have, by `data#<account>#<version>`.

The table has no backups: what is deleted here is gone, and with it the key that it sealed.
"""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, s

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDataKeys:
    """Reads one when its account is opened."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def __call__(self, account_id: str, version: int) -> bytes:
        """Empty when it was destroyed."""
        item: Any = self._client.get_item(
            TableName=self._table, Key=_key(account_id, version), ConsistentRead=True
        ).get("Item")
        return bytes(item["wrapped"]["B"]) if item else b""


def kept(table: str, account_id: str, version: int, wrapped: bytes) -> Item:
    """The write of one, in the transaction that gives the account its key."""
    item = _key(account_id, version) | {"wrapped": {"B": wrapped}}
    return {"Put": {"TableName": table, "Item": item}}


def destroyed(table: str, account_id: str, version: int) -> Item:
    """The write that ends a key for good, in the transaction that takes it from the account."""
    return {"Delete": {"TableName": table, "Key": _key(account_id, version)}}


def _key(account_id: str, version: int) -> Item:
    return {"pk": s(f"data#{account_id}#{version}")}
