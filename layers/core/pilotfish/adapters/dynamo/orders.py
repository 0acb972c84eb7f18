"""CopyOrdersTable: copy orders, each transition a conditional write with its history."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.batching import BatchedWrites
from pilotfish.adapters.dynamo.items import CONDITION_FAILED, Item, n, readable, s
from pilotfish.adapters.dynamo.order_items import (
    OPEN,
    UNDER_WAY,
    WAITING,
    order_from_item,
    order_to_item,
)
from pilotfish.adapters.dynamo.positions import DynamoPositions, effect_item, reservation
from pilotfish.adapters.dynamo.standings import DynamoStandings, standing_update
from pilotfish.domain.limits import Standing
from pilotfish.domain.netting import Booked
from pilotfish.domain.orders import CLAIMABLE, CopyOrder, Leg, Reason, State, advanced
from pilotfish.ports import PositionMoved

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


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
        self._standings = DynamoStandings(client, positions_table)
        self._writes = BatchedWrites(client)

    async def claim(
        self, order: CopyOrder, quantity: Decimal, now_ms: int, standing: Standing | None = None
    ) -> CopyOrder | None:
        """The order as SENT, so that `quantity` (base units) may be sent now.

        None when it has moved on from the revision that the caller holds, and for an entry
        whose follow was stopped before the claim: that one is SKIPPED. Raises `PositionMoved` for
        an exit of more than is closable, and for an entry that may pass its cap, or whose follow
        does not stand any more where `standing` says.
        """
        if order.state not in CLAIMABLE:
            return None
        claimed = replace(
            order,
            state=State.SENT,
            reason="",
            sent_quantity=quantity,
            sent_ms=now_ms,
            answered_ms=0,
            attempts=order.attempts + 1,
        )
        claimed = advanced(order, claimed, now_ms)
        check = [self._follow_is_active(order)] if order.leg is Leg.ENTRY else []
        taken = reservation(self._positions_table, order, claimed)
        if standing is not None:
            after = standing.after(order, now_ms)
            taken.append(standing_update(self._positions_table, order.follow_id, standing, after))
        codes = await self._writes.write([move(self._table, order, claimed), *taken, *check])
        if not codes:
            return claimed
        if codes[0] == CONDITION_FAILED:
            return None
        if check and codes[-1] == CONDITION_FAILED:
            stopped = replace(
                order, state=State.SKIPPED, reason=Reason.FOLLOW_STOPPED, answered_ms=now_ms
            )
            await self.record(order, stopped)
            return None
        raise PositionMoved(order.position_key)

    async def record(self, before: CopyOrder, after: CopyOrder) -> CopyOrder | None:
        """Move an order on, with what that changes for the position of its follow.

        `after` as stored, or None when the order has moved on from `before.revision` meanwhile.
        """
        after = advanced(before, after, after.answered_ms)
        effects = effect_item(self._positions_table, before, after)
        codes = await self._writes.write([move(self._table, before, after), *effects])
        return None if codes else after

    async def booked(self, order: CopyOrder) -> Booked:
        """The position of its follow that the order changes."""
        return await self._positions.of_order(order)

    async def standing(self, order: CopyOrder) -> Standing:
        """Where its follow stands as a whole, as of now; the revision was read first."""
        return await self._standings.of_order(order)

    def get(self, follow_id: str, order_key: str) -> CopyOrder | None:
        """The order as stored now."""
        item = self._client.get_item(
            TableName=self._table,
            Key={"pk": s(follow_id), "sk": s(order_key)},
            ConsistentRead=True,
        ).get("Item")
        return None if item is None else order_from_item(item)

    def under_way(self, leader_id: str, *, waiting: bool = False) -> set[tuple[str, str]]:
        """Follow id and position key of a leader's copies that are not at their end.

        Those that wait for a better price are told instead when they are asked for.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=OPEN,
            KeyConditionExpression="#open = :one",
            FilterExpression="leader_id = :leader",
            ExpressionAttributeNames={"#open": OPEN},
            ExpressionAttributeValues={
                ":one": s(WAITING if waiting else UNDER_WAY),
                ":leader": s(leader_id),
            },
        )
        orders = [order_from_item(item) for page in pages for item in page["Items"]]
        return {(order.follow_id, order.position_key) for order in orders}

    def stale(self, before_ms: int, limit: int = 100) -> list[CopyOrder]:
        """Orders that are not terminal and have not moved since `before_ms`, oldest first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=OPEN,
            KeyConditionExpression="#open = :one AND moved_ms < :before",
            ExpressionAttributeNames={"#open": OPEN},
            ExpressionAttributeValues={":one": s(UNDER_WAY), ":before": n(before_ms)},
            Limit=limit,
        )
        return readable(answer["Items"], order_from_item)

    def _follow_is_active(self, order: CopyOrder) -> Item:
        return {
            "ConditionCheck": {
                "TableName": self._follows_table,
                "Key": {"pk": s(order.leader_id), "sk": s(order.follow_id)},
                "ConditionExpression": "active = :true",
                "ExpressionAttributeValues": {":true": {"BOOL": True}},
            }
        }


def move(table: str, before: CopyOrder, after: CopyOrder) -> Item:
    """The conditional write of a transition: the whole order, from a known revision on."""
    return {
        "Put": {
            "TableName": table,
            "Item": order_to_item(after),
            "ConditionExpression": "revision = :held",
            "ExpressionAttributeValues": {":held": n(before.revision)},
        }
    }
