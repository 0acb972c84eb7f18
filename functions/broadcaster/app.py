"""Tells WebSocket clients what the streams of Fills and CopyOrders bring."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from pilotfish.adapters.dynamo.images import news_from_image
from pilotfish.domain.news import News
from pilotfish.settings import BroadcasterSettings
from pilotfish.wiring import live

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
broadcast = live.broadcast(
    BroadcasterSettings.from_env(),
    on_dropped=lambda by_reason: metrics.add_metric(
        "FramesDropped", MetricUnit.Count, sum(by_reason.values())
    ),
)


def read(record: Any) -> News:
    """What one record tells; raises so that the stream delivers a broken one again."""
    try:
        return news_from_image(record.raw_event["dynamodb"]["NewImage"])
    except Exception:
        logger.exception("record not read", event_id=record.event_id)
        raise


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> Any:
    """The batch is told at once; a record that cannot be read is failed alone."""
    with processor(event["Records"], read):
        results = processor.process()
    told = broadcast([result for status, result, _ in results if status == "success"])
    metrics.add_metric("ConnectionsTold", MetricUnit.Count, told)
    return processor.response()
