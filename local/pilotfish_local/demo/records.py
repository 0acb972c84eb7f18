"""Our own record of a run: the copy orders in the table."""

import asyncio
import time
from collections.abc import Sequence

from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder
from pilotfish_local.local_stack import LocalStack

LOOK_S = 0.25


def copy_orders(local: LocalStack, follows: Sequence[Follow]) -> list[CopyOrder]:
    """Every copy order of the follows."""
    pages = local.aws.client("dynamodb").get_paginator("query")
    return [
        order_from_item(item)
        for follow in follows
        for page in pages.paginate(
            TableName=local.name("CopyOrdersTable"),
            KeyConditionExpression="pk = :follow",
            ExpressionAttributeValues={":follow": {"S": follow.follow_id}},
        )
        for item in page["Items"]
    ]


async def settled(
    local: LocalStack, follows: Sequence[Follow], pairs: int, timeout_s: float
) -> list[CopyOrder]:
    """Until every pair of a fill and a follow has only finished orders, or time is up."""
    deadline = time.monotonic() + timeout_s
    while True:
        orders = await asyncio.to_thread(copy_orders, local, follows)
        decided = {(order.follow_id, order.fill_id) for order in orders}
        busy = any(not order.state.terminal for order in orders)
        if (len(decided) >= pairs and not busy) or time.monotonic() > deadline:
            return orders
        await asyncio.sleep(LOOK_S)


def await_settled(
    local: LocalStack, follows: Sequence[Follow], pairs: int, timeout_s: float
) -> list[CopyOrder]:
    """`settled`, for callers without an event loop."""
    return asyncio.run(settled(local, follows, pairs, timeout_s))
