"""Copy orders as a person asks for them: by follow, by leader, by what became of them.

The indexes `by_leader` and `failed` hold keys only: they take a write when an order is planned or
fails, and none for the steps between. The orders are read from the table, as they are now.
"""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, batch_get, n, readable, s
from pilotfish.adapters.dynamo.order_items import (
    BY_LEADER,
    FAILED_AS,
    OPEN,
    UNDER_WAY,
    WAITING,
    order_from_item,
)
from pilotfish.domain.orders import FAILED, CopyOrder, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PAGE = 100  # Keys in one BatchGetItem, and items in one answer to a query.


class DynamoAudit:
    """Reads only."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of_follow(self, follow_id: str, since_ms: int, limit: int) -> list[CopyOrder]:
        """The last `limit` copies of what the leader traded since then, oldest first."""
        items = self._query("", "pk", s(follow_id), "sk", s(f"{since_ms:013d}"), newest=True)
        return _by_trade(readable(islice(items, limit), order_from_item))

    def of_leader(self, leader_id: str, since_ms: int, limit: int) -> list[CopyOrder]:
        """The same for all the follows of a leader."""
        since = s(f"{since_ms:013d}")
        keys = self._query(BY_LEADER, "leader_id", s(leader_id), "sk", since, newest=True)
        return _by_trade(self._read(islice(keys, limit)))

    def in_state(self, state: State, since_ms: int, limit: int) -> list[CopyOrder]:
        """The last `limit` that came into a state since then, oldest first.

        Of states that are open or failed; raises `ValueError` for the others, which no index has.
        """
        if state in FAILED:
            keys = self._query(FAILED_AS, FAILED_AS, s(state), "moved_ms", n(since_ms), newest=True)
            orders = self._read(islice(keys, limit))
        elif not state.terminal:
            place = WAITING if state is State.WAITING else UNDER_WAY
            items = self._query(OPEN, OPEN, s(place), "moved_ms", n(since_ms), newest=True)
            of_state = (item for item in items if item["state"]["S"] == state)
            orders = readable(islice(of_state, limit), order_from_item)
        else:
            raise ValueError(f"{state} orders are found by their leader or follow")
        return _by_move(order for order in orders if order.state is state)

    def failed_since(self, since_ms: int, limit: int) -> list[CopyOrder]:
        """The first `limit` that failed since then, oldest first."""
        keys = heapq.merge(
            *(
                self._query(FAILED_AS, FAILED_AS, s(state), "moved_ms", n(since_ms), newest=False)
                for state in sorted(FAILED)
            ),
            key=lambda key: int(key["moved_ms"]["N"]),
        )
        orders: list[CopyOrder] = []
        while chunk := list(islice(keys, limit - len(orders))):  # Some have moved on since.
            orders += [order for order in self._read(chunk) if order.state in FAILED]
        return _by_move(orders)

    def _query(
        self, index: str, name: str, value: Item, sort: str, least: Item, *, newest: bool
    ) -> Iterator[Item]:
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "#name = :value AND #sort >= :least",
            "ExpressionAttributeNames": {"#name": name, "#sort": sort},
            "ExpressionAttributeValues": {":value": value, ":least": least},
            "ScanIndexForward": not newest,
        }
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        pages = self._client.get_paginator("query")
        for page in pages.paginate(**request, PaginationConfig={"PageSize": PAGE}):
            yield from page["Items"]

    def _read(self, keys: Iterable[Item]) -> list[CopyOrder]:
        wanted = [{"pk": key["pk"], "sk": key["sk"]} for key in keys]
        return readable(batch_get(self._client, self._table, wanted), order_from_item)


def _by_trade(orders: Iterable[CopyOrder]) -> list[CopyOrder]:
    return sorted(orders, key=lambda order: (order.fill_id, order.order_id))


def _by_move(orders: Iterable[CopyOrder]) -> list[CopyOrder]:
    return sorted(orders, key=lambda order: (order.history[-1].at_ms, order.order_id))
