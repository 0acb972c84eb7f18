"""Keeps track records up to now: days out of what was executed, and what they come to."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.clock import utc_ms
from pilotfish.settings import RecordsSettings
from pilotfish.wiring import recording

# Left of the function's time for what is being counted to be written.
MARGIN_MS = 15_000

logger = Logger()
metrics = Metrics()
keep = recording.keep_records(RecordsSettings.from_env())


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Answers with how many accounts and follows are up to now, and how many are not.

    Takes `{"shard": "0"}`, with an `account_id` for one leader alone.
    """
    until_ms = utc_ms() + context.get_remaining_time_in_millis() - MARGIN_MS
    kept = asdict(keep(event["shard"], until_ms, event.get("account_id", "")))
    metrics.add_metric("RecordsLeft", MetricUnit.Count, kept["left"])
    metrics.add_metric("RecordsFailed", MetricUnit.Count, kept["failed"])
    logger.info("kept", extra=kept)
    return kept
