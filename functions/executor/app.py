"""Sends planned copy orders: one follow's in order, different follows' side by side."""

import asyncio
from collections import defaultdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor,
    EventType,
    async_process_partial_response,
)

from pilotfish import wiring
from pilotfish.adapters.dynamo.orders import order_from_item
from pilotfish.settings import ExecutorSettings

logger = Logger()
processor = AsyncBatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
asyncio.set_event_loop(asyncio.new_event_loop())
execute = wiring.execute(ExecutorSettings.from_env())
lanes: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def send(record: Any) -> None:
    """One stream record; raises so that the stream delivers it again."""
    order = order_from_item(record.raw_event["dynamodb"]["NewImage"])
    async with lanes[order.follow_id]:
        try:
            after = await execute(order)
        except Exception:
            logger.exception("order not settled", order_id=order.order_id)
            raise
    logger.info("order", order_id=order.order_id, state=after.state, reason=after.reason)


def handler(event: dict[str, Any], context: Any) -> Any:
    """The stream's batch; answers with the records to deliver again."""
    return async_process_partial_response(event, send, processor, context)
