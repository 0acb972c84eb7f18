"""AccountsTable as owners see it: everything of a connection but its key."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import Codec, Item, batch_get, failed_condition, n, readable, s
from pilotfish.domain.managing import Connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
BY_OWNER, LISTENERS, DUE = "by_owner", "listeners", "due"
# What brings an account into the index of keys that are looked at, in the order of `due_ms`.
LOOKED_AT: Item = {"check_shard": s("0")}
CHANGES = ("label", "paused", "problem", "checked_ms", "due_ms", "refusals")

codec = Codec(Connection, {"account_id": "pk"})
_READ: Any = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in codec.names),
    "ExpressionAttributeNames": {f"#{name}": name for name in codec.names},
}


class DynamoRegister:
    """Never reads a sealed key: it asks for the other attributes by their names."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, account_id: str) -> Connection | None:
        """As of now; None when there never was one."""
        answer = self._client.get_item(
            TableName=self._table, Key={"pk": s(account_id)}, ConsistentRead=True, **_READ
        )
        return codec.decode(answer["Item"]) if "Item" in answer else None

    def of_owner(self, owner: str) -> list[Connection]:
        """A user's, the first connected first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_OWNER,
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": s(owner)},
        )
        keys = [{"pk": item["pk"]} for page in pages for item in page["Items"]]
        found = readable(self._read(keys), codec.decode)
        return sorted(found, key=lambda one: (one.connected_ms, one.account_id))

    def of_shard(self, shard: str) -> list[Connection]:
        """Those that a poller shard listens to."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=LISTENERS,
            KeyConditionExpression="listen_shard = :shard",
            ExpressionAttributeValues={":shard": s(shard)},
            **_READ,
        )
        return readable((item for page in pages for item in page["Items"]), codec.decode)

    def open(self, connection: Connection) -> bool:
        """False when its id is taken. Without a key nothing is ever looked at."""
        item = codec.encode(connection)
        del item["deleted_ms"]
        if not connection.leads:
            del item["listen_shard"]
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True

    def change(self, before: Connection, after: Connection) -> bool:
        """False when the connection is not at `before.revision` any more."""
        new = codec.encode(after)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": s(before.account_id)},
                UpdateExpression="SET "
                + ", ".join(f"#{name} = :{name}" for name in CHANGES)
                + " ADD revision :one",
                ConditionExpression=at_revision(before),
                ExpressionAttributeNames={f"#{name}": name for name in CHANGES},
                ExpressionAttributeValues={f":{name}": new[name] for name in CHANGES}
                | {":one": n(1), ":seen": n(before.revision)},
            )
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True

    def due(self, now_ms: int, limit: int) -> list[str]:
        """The longest overdue first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=DUE,
            KeyConditionExpression="check_shard = :shard AND due_ms <= :now",
            ExpressionAttributeValues={":shard": LOOKED_AT["check_shard"], ":now": n(now_ms)},
            Limit=limit,
        )
        return [item["pk"]["S"] for item in answer["Items"]]

    def _read(self, keys: list[Item]) -> list[Any]:
        return batch_get(self._client, self._table, keys, **_READ)


def at_revision(connection: Connection) -> str:
    """It is there, nobody changed it since it was read, and it was not deleted; needs `:seen`."""
    first = "attribute_not_exists(revision) OR " if connection.revision == 0 else ""
    there = "attribute_exists(pk) AND attribute_not_exists(deleted_ms)"
    return f"{there} AND ({first}revision = :seen)"
