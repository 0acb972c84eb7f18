"""CopyOrdersTable: copy orders, each transition a conditional write with its history."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.batching import BatchedWrites
from pilotfish.adapters.dynamo.items import CONDITION_FAILED, Codec, Item, n, s
from pilotfish.adapters.dynamo.positions import DynamoPositions, effect_of
from pilotfish.domain.orders import CLAIMABLE, CopyOrder, Leg, Reason, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

OPEN = "open"

_codec = Codec(CopyOrder, {"follow_id": "pk"})


def order_from_item(item: Item) -> CopyOrder:
    """An order from its stored item or its stream image."""
    return _codec.decode(item)


def planned_item(order: CopyOrder) -> Item:
    """A new order as the mapper writes it; `open` keeps it in the sparse index until it ends."""
    item = _codec.encode(order)
    item |= {
        "sk": s(order.order_key),
        "client_order_id": s(order.client_order_id),
        "moved_ms": n(order.decided_ms),
        "history": {"L": [_line(order, order.decided_ms)]},
    }
    return item if order.state.terminal else item | {OPEN: s("1")}


def _line(order: CopyOrder, at_ms: int) -> Item:
    return {"M": {"at_ms": n(at_ms), "state": s(order.state), "reason": s(order.reason)}}


class DynamoOrders:
    """Claims and records go out in batches; each of them stands or falls alone."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, follows_table: str, positions_table: str
    ) -> None:
        self._client = client
        self._table = table
        self._follows_table = follows_table
        self._positions_table = positions_table
        self._positions = DynamoPositions(client, positions_table)
        self._writes = BatchedWrites(client)

    async def claim(self, order: CopyOrder, now_ms: int) -> CopyOrder | None:
        """The order as SENT, so that it may be sent now.

        None when it has moved on from the revision that the caller holds, and for an entry
        whose follow was stopped before the claim: that one is SKIPPED.
        """
        if order.state not in CLAIMABLE:
            return None
        claimed = replace(
            order,
            state=State.SENT,
            reason="",
            sent_ms=now_ms,
            answered_ms=0,
            attempts=order.attempts + 1,
            revision=order.revision + 1,
        )
        writes = [self._move(order, claimed, now_ms)]
        if order.leg is Leg.ENTRY:
            writes.append(self._follow_is_active(order))
        codes = await self._writes.write(writes)
        if not codes:
            return claimed
        if codes[0] != CONDITION_FAILED:
            stopped = replace(
                order, state=State.SKIPPED, reason=Reason.FOLLOW_STOPPED, answered_ms=now_ms
            )
            await self.record(order, stopped)
        return None

    async def record(self, before: CopyOrder, after: CopyOrder) -> bool:
        """Move an order on, with its effect on the position when `after` is terminal.

        False when it has moved on from `before.revision` meanwhile.
        """
        after = replace(after, revision=before.revision + 1)
        effects = effect_of(self._positions_table, after) if after.state.terminal else []
        at_ms = after.answered_ms or before.sent_ms or before.decided_ms
        codes = await self._writes.write([self._move(before, after, at_ms), *effects])
        return not codes

    async def held(self, order: CopyOrder) -> Decimal:
        """What the follow holds of the order's position from its copies (signed base units)."""
        return await self._positions.held(order.follow_id, order.position_key)

    def get(self, follow_id: str, order_key: str) -> CopyOrder | None:
        """The order as stored now."""
        item = self._client.get_item(
            TableName=self._table,
            Key={"pk": s(follow_id), "sk": s(order_key)},
            ConsistentRead=True,
        ).get("Item")
        return None if item is None else order_from_item(item)

    def stale(self, before_ms: int, limit: int = 100) -> list[CopyOrder]:
        """Orders that are not terminal and have not moved since `before_ms`, oldest first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=OPEN,
            KeyConditionExpression="#open = :one AND moved_ms < :before",
            ExpressionAttributeNames={"#open": OPEN},
            ExpressionAttributeValues={":one": s("1"), ":before": n(before_ms)},
            Limit=limit,
        )
        return [order_from_item(item) for item in answer["Items"]]

    def _move(self, before: CopyOrder, after: CopyOrder, at_ms: int) -> Item:
        """The conditional write of a transition; changed fields only, and a line of history."""
        old, new = _codec.encode(before), _codec.encode(after)
        changed = {name: value for name, value in new.items() if old[name] != value}
        changed |= {"state": new["state"], "moved_ms": n(at_ms)}
        names = {f"#{name}": name for name in changed}
        values: Item = {f":{name}": value for name, value in changed.items()}
        values |= {":line": {"L": [_line(after, at_ms)]}, ":held": n(before.revision)}
        sets = _assignments(changed)
        update = f"SET {sets}, history = list_append(history, :line)"
        if after.state.terminal:
            update += " REMOVE #open"
            names["#open"] = OPEN
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": s(before.follow_id), "sk": s(before.order_key)},
                "UpdateExpression": update,
                "ConditionExpression": "#revision = :held",
                "ExpressionAttributeNames": names | {"#revision": "revision"},
                "ExpressionAttributeValues": values,
            }
        }

    def _follow_is_active(self, order: CopyOrder) -> Item:
        return {
            "ConditionCheck": {
                "TableName": self._follows_table,
                "Key": {"pk": s(order.leader_id), "sk": s(order.follow_id)},
                "ConditionExpression": "active = :true",
                "ExpressionAttributeValues": {":true": {"BOOL": True}},
            }
        }


def _assignments(changed: dict[str, Any]) -> str:
    names: Iterable[str] = changed
    return ", ".join(f"#{name} = :{name}" for name in names)
