"""LeasesTable: who listens to a shard of accounts."""

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import Item, failed_condition, n, s
from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoLeases:
    """A lease is one item; its fence grows with every owner and is never written back smaller."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def acquire(self, shard: str, owner: str, now_ms: int, ttl_ms: int) -> Lease | None:
        """Take the lease if it is free or expired, with the next fencing number.

        Who stands by asks five times a second: a read costs a fifth of a write that fails.
        """
        if self.held_until(shard) >= now_ms:
            return None
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"pk": s(shard)},
                UpdateExpression="SET #owner = :owner, expires_ms = :expires ADD fence :one",
                ConditionExpression="attribute_not_exists(pk) OR expires_ms < :now",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":owner": s(owner),
                    ":expires": n(now_ms + ttl_ms),
                    ":now": n(now_ms),
                    ":one": n(1),
                },
                ReturnValues="UPDATED_NEW",
            )
        except ClientError as error:
            if failed_condition(error):
                return None
            raise
        return Lease(shard, owner, int(answer["Attributes"]["fence"]["N"]), now_ms + ttl_ms)

    def renew(self, lease: Lease, now_ms: int, ttl_ms: int) -> Lease:
        """Prolong it; raises `LeaseLost` when another run has taken it."""
        self._set_expiry(lease, now_ms + ttl_ms)
        return replace(lease, expires_ms=now_ms + ttl_ms)

    def release(self, lease: Lease) -> None:
        """Let the next run take it at once."""
        try:
            self._set_expiry(lease, 0)
        except LeaseLost:
            return  # It is somebody else's already.

    def held_until(self, shard: str) -> int:
        """When the lease runs out (UTC ms); 0 when it was let go or nobody ever had it."""
        item = self._client.get_item(
            TableName=self._table, Key={"pk": s(shard)}, ConsistentRead=True
        ).get("Item")
        return int(item["expires_ms"]["N"]) if item else 0

    def _set_expiry(self, lease: Lease, expires_ms: int) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": s(lease.shard)},
                UpdateExpression="SET expires_ms = :expires",
                ConditionExpression="fence = :fence",
                ExpressionAttributeValues={":expires": n(expires_ms), ":fence": n(lease.fence)},
            )
        except ClientError as error:
            if failed_condition(error):
                raise LeaseLost(lease.shard) from error
            raise


def still_held(table: str, lease: Lease) -> Item:
    """The transaction item that lets nothing be written under a stale lease."""
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": {"pk": s(lease.shard)},
            "ConditionExpression": "fence = :fence",
            "ExpressionAttributeValues": {":fence": n(lease.fence)},
        }
    }
