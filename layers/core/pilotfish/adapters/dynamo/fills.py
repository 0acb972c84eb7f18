"""FillsTable: leaders' fills, each written once, with the position it met."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Codec,
    Item,
    TransactionCanceled,
    failed_condition,
    n,
    readable,
    s,
    transact,
)
from pilotfish.adapters.dynamo.leases import still_held
from pilotfish.adapters.dynamo.positions import count_row, leader_row
from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings, stamp
from pilotfish.domain.netting import position_key
from pilotfish.ports import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# One transaction holds the lease's check, the fills, their count, and a position for each at most.
CHUNK = 45
UNDECIDED = "undecided"
WRITTEN = "written"  # The sparse index of live fills by their number.
LATEST_MS = 10 * 60 * 1000  # How long after its trade a fill may be written down.

_codec = Codec(Fill, {"account_id": "pk"})


def fill_to_item(fill: Fill) -> Item:
    """A fill as it is stored, without any mark for the mapper."""
    return _codec.encode(fill) | {"sk": s(fill.fill_id)}


def fill_from_item(item: Item) -> Fill:
    """A fill from its stored item or its stream image."""
    return _codec.decode(item)


def live_put(table: str, fill: Fill, account: Account) -> Item:
    """The transaction item that writes a fill for the mapper, once.

    What a back-fill wrote before is written over: the live fill is the one that counts.
    """
    item = fill_to_item(fill) | {"owner": s(account.owner), UNDECIDED: s("1")}
    item[WRITTEN] = n(fill.number)
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk) OR history = :history",
            "ExpressionAttributeValues": {":history": {"BOOL": True}},
        }
    }


class DynamoFills:
    """Fills in the order in which the poller saw them; the sparse index holds the undecided."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        positions_table: str = "",
        leases_table: str = "",
    ) -> None:
        self._client = client
        self._table = table
        self._positions_table = positions_table
        self._leases_table = leases_table

    def add(
        self, account: Account, holdings: Holdings, fills: Sequence[Fill], lease: Lease
    ) -> list[Fill]:
        """Write those that are new and return them; raises `LeaseLost` under a stale lease."""
        added: list[Fill] = []
        unique = list({fill.fill_id: fill for fill in fills}.values())
        for start in range(0, len(unique), CHUNK):
            added += self._add(account, holdings, unique[start : start + CHUNK], lease)
        return added

    def _add(
        self, account: Account, holdings: Holdings, fills: list[Fill], lease: Lease
    ) -> list[Fill]:
        while fills:
            after = holdings.copy()
            stamped = stamp(fills, after)
            items = [still_held(self._leases_table, lease)]
            items += [live_put(self._table, fill, account) for fill in stamped]
            items += [
                leader_row(self._positions_table, account.account_id, key, after.positions[key])
                for key in {position_key(f.symbol, f.position_side) for f in fills}
            ]
            items.append(count_row(self._positions_table, account.account_id, after.fills))
            try:
                transact(self._client, items)
            except TransactionCanceled as canceled:
                if canceled.codes[0] == CONDITION_FAILED:
                    raise LeaseLost(lease.shard) from canceled
                if CONDITION_FAILED not in canceled.codes:
                    raise
                known = canceled.codes[1 : 1 + len(fills)]
                fills = [
                    fill
                    for fill, code in zip(fills, known, strict=True)
                    if code != CONDITION_FAILED
                ]
                continue
            holdings.take(after)
            return stamped
        return []

    def mark_decided(self, fill: Fill) -> None:
        """Every follow has its decision about the fill; a fill that is not stored stays so."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": s(fill.account_id), "sk": s(fill.fill_id)},
                UpdateExpression=f"REMOVE {UNDECIDED}",
                ConditionExpression="attribute_exists(pk)",
            )
        except ClientError as error:
            if not failed_condition(error):
                raise

    def get(self, account_id: str, fill_id: str) -> Fill | None:
        """The fill as stored."""
        item = self._client.get_item(
            TableName=self._table,
            Key={"pk": s(account_id), "sk": s(fill_id)},
            ConsistentRead=True,
        ).get("Item")
        return None if item is None else fill_from_item(item)

    def of_account(self, account_id: str, since_ms: int, limit: int) -> list[Fill]:
        """The account's last `limit` since then, oldest first; what cannot be read is left out."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :account AND sk >= :since",
            ExpressionAttributeValues={
                ":account": s(account_id),
                ":since": s(f"{since_ms:013d}"),
            },
            ScanIndexForward=False,
            Limit=limit,
        )
        return readable(reversed(answer["Items"]), fill_from_item)

    def after(self, fill: Fill) -> list[Fill]:
        """The later fills of the position, in the order of writing."""
        return self._later(fill, "")

    def decided_after(self, fill: Fill) -> list[Fill]:
        """Those of them that have their decisions."""
        return self._later(fill, f" AND attribute_not_exists({UNDECIDED})")

    def _later(self, fill: Fill, which: str) -> list[Fill]:
        """REST may tell a fill long after it: one that was written later may be older."""
        oldest = f"{max(0, fill.traded_ms - LATEST_MS):013d}"
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :account AND sk > :oldest",
            FilterExpression="#number > :number AND symbol = :symbol AND position_side = :side"
            + which,
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={
                ":account": s(fill.account_id),
                ":oldest": s(oldest),
                ":number": n(fill.number),
                ":symbol": s(fill.symbol),
                ":side": s(fill.position_side),
            },
            ConsistentRead=True,
        )
        found = readable((item for page in pages for item in page["Items"]), fill_from_item)
        return sorted(found, key=lambda each: each.number)

    def undecided(self, before_ms: int, limit: int = 100) -> list[Fill]:
        """Fills seen before `before_ms` that the mapper has not finished with, oldest first."""
        values: Any = {":one": s("1"), ":before": {"N": str(before_ms)}}
        answer = self._client.query(
            TableName=self._table,
            IndexName=UNDECIDED,
            KeyConditionExpression=f"{UNDECIDED} = :one AND seen_ms < :before",
            ExpressionAttributeValues=values,
            Limit=limit,
        )
        found = readable(answer["Items"], fill_from_item)
        return sorted(found, key=lambda each: (each.seen_ms, each.number))
