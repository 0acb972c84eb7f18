"""AccountsTable: connected exchange accounts with their sealed keys."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.batching import BatchedReads
from pilotfish.adapters.dynamo.items import Codec, readable, s
from pilotfish.domain.accounts import Account
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# How long the executor may act on what it knew of an account. A follow is checked in the claim.
KEPT_MS = 1_000

_codec = Codec(Account, {"account_id": "pk"})


class DynamoAccounts:
    """Reads through a short memory, because a burst of orders asks for the same accounts."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._reads = BatchedReads(client, table)
        self._kept: dict[str, tuple[int, Account | None]] = {}

    async def get(self, account_id: str) -> Account | None:
        """None when there is no such account."""
        read_ms, account = self._kept.get(account_id, (0, None))
        if self._clock() - read_ms < KEPT_MS:
            return account
        item = await self._reads.get({"pk": s(account_id)})
        account = None if item is None else _codec.decode(item)
        self._kept[account_id] = (self._clock(), account)
        return account

    def leaders(self, shard: str) -> list[Account]:
        """The enabled accounts that a poller shard listens to, the paused ones too."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="listeners",
            KeyConditionExpression="listen_shard = :shard",
            ExpressionAttributeValues={":shard": s(shard)},
        )
        items = (item for page in pages for item in page["Items"])
        return [account for account in readable(items, _codec.decode) if account.enabled]

    def save(self, account: Account) -> None:
        """Write all but the follows' revision, which only ever grows, with each change of a follow.

        A follower has no `listen_shard` and stays out of the index.
        """
        item = _codec.encode(account)
        key, revision = {"pk": item.pop("pk")}, item.pop("follows_revision")
        if not account.listen_shard:
            del item["listen_shard"]
        sets = ", ".join(f"#{name} = :{name}" for name in item)
        removes = "" if account.listen_shard else " REMOVE listen_shard"
        self._client.update_item(
            TableName=self._table,
            Key=key,
            UpdateExpression=f"SET {sets}, follows_revision = "
            f"if_not_exists(follows_revision, :revision){removes}",
            ExpressionAttributeNames={f"#{name}": name for name in item},
            ExpressionAttributeValues={f":{name}": value for name, value in item.items()}
            | {":revision": revision},
        )
