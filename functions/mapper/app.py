"""Decides what every follow of a leader does about each fill of the stream, in its order."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.settings import MapperSettings
from pilotfish.usecases.in_order import InOrder
from pilotfish.wiring import deciding

logger = Logger()
processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
map_fill = InOrder(deciding.map_fill(MapperSettings.from_env()))


def decide(record: Any) -> None:
    """One stream record; raises so that the stream delivers it again."""
    try:
        map_fill(fill_from_item(record.raw_event["dynamodb"]["NewImage"]))
    except Exception:
        key = record.raw_event["dynamodb"].get("Keys")
        logger.exception("fill not decided", event_id=record.event_id, key=key)
        raise


def handler(event: dict[str, Any], context: Any) -> Any:
    """The stream's batch; answers with the records to deliver again."""
    map_fill.begin()
    return process_partial_response(event, decide, processor, context)
