"""Orders that wait for a better price: apart in the sparse index of open orders."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    TransactionCanceled,
    readable,
    s,
    transact,
)
from pilotfish.adapters.dynamo.ledgers import ledger_put
from pilotfish.adapters.dynamo.order_items import OPEN, WAITING, order_from_item
from pilotfish.adapters.dynamo.orders import move
from pilotfish.adapters.dynamo.positions import effect_item
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, advanced
from pilotfish.ports import Clock, LedgerConflict, LedgerKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoWaits:
    """The ledger's revision lets no exit and no end of a wait pass each other unseen."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        ledgers_table: str,
        orders_table: str,
        positions_table: str,
        clock: Clock,
    ) -> None:
        self._client = client
        self._ledgers_table = ledgers_table
        self._orders_table = orders_table
        self._positions_table = positions_table
        self._clock = clock

    def waiting(self, limit: int) -> list[CopyOrder]:
        """The first of them, by when they began; what was written a moment ago may be missing."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._orders_table,
            IndexName=OPEN,
            KeyConditionExpression="#open = :waiting",
            ExpressionAttributeNames={"#open": OPEN},
            ExpressionAttributeValues={":waiting": s(WAITING)},
            PaginationConfig={"MaxItems": limit},
        )
        return [order for page in pages for order in readable(page["Items"], order_from_item)]

    def move(
        self, key: LedgerKey, ledger: Ledger, steps: Sequence[tuple[CopyOrder, CopyOrder]]
    ) -> bool:
        """Move orders on, each of another follow, with the next ledger; all or none.

        False when one of them has moved on meanwhile; raises `LedgerConflict`.
        """
        items, now_ms = [ledger_put(self._ledgers_table, key, ledger)], self._clock()
        for before, changed in steps:
            after = advanced(before, changed, now_ms)
            items.append(move(self._orders_table, before, after))
            items += effect_item(self._positions_table, before, after)
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if CONDITION_FAILED in canceled.codes[1:]:
                return False
            raise LedgerConflict(str(key)) from canceled
        return True
