"""Tells WebSocket clients what the streams of fills, copy orders, back-fills and alerts bring."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from pilotfish.adapters.dynamo.images import news_from_image, notice_from_image
from pilotfish.clock import utc_ms
from pilotfish.settings import BroadcasterSettings
from pilotfish.usecases.broadcast import Happened
from pilotfish.wiring import live

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
settings = BroadcasterSettings.from_env()
broadcast = live.broadcast(settings)
alerts = live.alerts(settings)


def read(record: Any) -> list[Happened]:
    """What one record tells; raises so that the stream delivers a broken one again."""
    change = record.raw_event["dynamodb"]
    try:
        at_ms = int(float(change["ApproximateCreationDateTime"]) * 1000)
        if notice := notice_from_image(change["NewImage"]):
            alerts.keep(notice)
        return [Happened(news, at_ms) for news in news_from_image(change["NewImage"])]
    except Exception:
        logger.exception("record not read", event_id=record.event_id)
        raise


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> Any:
    """The batch is told at once; a record that cannot be read is failed alone."""
    metrics.add_metric("RecordsRead", MetricUnit.Count, len(event["Records"]))
    with processor(event["Records"], read):
        results = processor.process()
    happened = [each for status, found, _ in results if status == "success" for each in found]
    told = broadcast(happened)
    metrics.add_metric("ConnectionsTold", MetricUnit.Count, told.connections)
    metrics.add_metric("MessagesTold", MetricUnit.Count, told.messages)
    metrics.add_metric("FramesPosted", MetricUnit.Count, told.posted.frames)
    if told.posted.dropped:
        metrics.add_metric("FramesDropped", MetricUnit.Count, told.posted.dropped.total())
    if told.connections:
        oldest_ms = min(each.news.known_ms for each in happened)
        metrics.add_metric("EventToPost", MetricUnit.Milliseconds, utc_ms() - oldest_ms)
    return processor.response()
