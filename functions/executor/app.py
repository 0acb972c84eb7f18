"""Sends planned copy orders: one follow's in order, different follows' side by side."""

import asyncio
from collections import Counter, defaultdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType

from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.settings import ExecutorSettings
from pilotfish.wiring import sending

logger = Logger()
metrics = Metrics()
processor = AsyncBatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
asyncio.set_event_loop(asyncio.new_event_loop())
execute = sending.execute(ExecutorSettings.from_env())
lanes: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


async def send(record: Any) -> CopyOrder:
    """One stream record's order; raises so that the stream delivers it again."""
    try:
        order = order_from_item(record.raw_event["dynamodb"]["NewImage"])
        async with lanes[order.follow_id]:
            return await execute(order)
    except Exception:
        key = record.raw_event["dynamodb"].get("Keys")
        logger.exception("order not settled", event_id=record.event_id, key=key)
        raise


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> Any:
    """The stream's batch; answers with the records to deliver again."""
    with processor(event["Records"], send):
        results = processor.async_process()
    orders = [order for status, order, _ in results if status == "success"]
    metrics.add_metric("OrdersHandled", MetricUnit.Count, len(orders))
    for order in orders:
        if order.state is State.COPIED and not order.waits_until_ms:
            latency_ms = order.answered_ms - order.traded_ms
            metrics.add_metric("CopyLatency", MetricUnit.Milliseconds, latency_ms)
    logger.info("orders", states=Counter(order.state for order in orders))
    return processor.response()
