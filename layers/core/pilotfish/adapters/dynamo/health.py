"""HealthTable: how listening to each account goes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import (
    Item,
    TransactionCanceled,
    batch_get,
    n,
    readable,
    s,
    transact,
)
from pilotfish.adapters.dynamo.leases import still_held
from pilotfish.domain.connections import Health, Vitals
from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoHealths:
    """What a new run of the poller does not know yet stays as the last one left it."""

    def __init__(self, client: "DynamoDBClient", table: str, leases_table: str = "") -> None:
        self._client = client
        self._table = table
        self._leases_table = leases_table

    def save(self, health: Health, lease: Lease) -> None:
        """Raises `LeaseLost` under a stale lease."""
        values: Item = {
            "at_ms": n(health.at_ms),
            "streams": {"BOOL": health.streams},
            "offset_ms": n(health.vitals.clock_offset_ms),
            "headroom": s(str(health.vitals.headroom)),
        }
        times = {"heard_ms": health.heard_ms, "fill_ms": health.fill_ms}
        values |= {name: n(ms) for name, ms in times.items() if ms}
        if health.error_ms:
            values |= {"error": s(health.error), "error_ms": n(health.error_ms)}
        update = {
            "TableName": self._table,
            "Key": {"pk": s(health.account_id)},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
        try:
            transact(self._client, [still_held(self._leases_table, lease), {"Update": update}])
        except TransactionCanceled as canceled:
            raise LeaseLost(lease.shard) from canceled

    def of(self, account_ids: Sequence[str]) -> dict[str, Health]:
        """By account; one that was never listened to is left out."""
        keys = [{"pk": s(name)} for name in dict.fromkeys(account_ids)]
        found = batch_get(self._client, self._table, keys, consistent=False)
        return {health.account_id: health for health in readable(found, _decode)}


def _decode(item: Any) -> Health:
    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return Health(
        account_id=item["pk"]["S"],
        at_ms=number("at_ms"),
        heard_ms=number("heard_ms"),
        fill_ms=number("fill_ms"),
        streams=item["streams"]["BOOL"],
        error=item["error"]["S"] if "error" in item else "",
        error_ms=number("error_ms"),
        vitals=Vitals(number("offset_ms"), Decimal(item["headroom"]["S"])),
    )
