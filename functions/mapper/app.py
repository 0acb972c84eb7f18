"""Decides what every follow of a leader does about each fill of the stream, in its order."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from pilotfish import wiring
from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.settings import MapperSettings

logger = Logger()
processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
map_fill = wiring.map_fill(MapperSettings.from_env())
held_up: set[str] = set()


class HeldUp(Exception):
    """An earlier fill of the account failed: this one would be decided out of order."""


def decide(record: Any) -> None:
    """One stream record; raises so that the stream delivers it again.

    A fill that cannot be decided now holds up the later ones of its account, one that cannot be
    read holds up nobody.
    """
    key = record.raw_event["dynamodb"]["Keys"]
    try:
        fill = fill_from_item(record.raw_event["dynamodb"]["NewImage"])
        if fill.account_id in held_up:
            raise HeldUp(fill.account_id)
        held_up.add(fill.account_id)
        map_fill(fill)
        held_up.discard(fill.account_id)
    except Exception:
        logger.exception("fill not decided", event_id=record.event_id, key=key)
        raise


def handler(event: dict[str, Any], context: Any) -> Any:
    """The stream's batch; answers with the records to deliver again."""
    held_up.clear()
    return process_partial_response(event, decide, processor, context)
