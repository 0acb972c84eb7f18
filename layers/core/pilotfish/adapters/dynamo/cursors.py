"""CursorsTable: where to go on listening to an account."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import TransactionCanceled, n, s, transact
from pilotfish.adapters.dynamo.leases import still_held
from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Cursor, Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoCursors:
    """One item an account, written under the lease alone."""

    def __init__(self, client: "DynamoDBClient", table: str, leases_table: str) -> None:
        self._client = client
        self._table = table
        self._leases_table = leases_table

    def load(self, account_id: str) -> Cursor | None:
        """None for an account that was never listened to."""
        item = self._client.get_item(
            TableName=self._table, Key={"pk": s(account_id)}, ConsistentRead=True
        ).get("Item")
        if item is None:
            return None
        symbols = frozenset(symbol["S"] for symbol in item["symbols"]["L"])
        return Cursor(
            account_id, int(item["started_ms"]["N"]), int(item["complete_ms"]["N"]), symbols
        )

    def save(self, cursor: Cursor, lease: Lease) -> None:
        """Raises `LeaseLost` under a stale lease."""
        item = {
            "pk": s(cursor.account_id),
            "started_ms": n(cursor.started_ms),
            "complete_ms": n(cursor.complete_ms),
            "symbols": {"L": [s(symbol) for symbol in sorted(cursor.symbols)]},
        }
        put = {"Put": {"TableName": self._table, "Item": item}}
        try:
            transact(self._client, [still_held(self._leases_table, lease), put])
        except TransactionCanceled as canceled:
            raise LeaseLost(lease.shard) from canceled
