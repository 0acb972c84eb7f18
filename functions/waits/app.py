"""Looks after entries that wait for a better price, for as long as one does."""

import asyncio
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.settings import WaitsSettings
from pilotfish.wiring import waiting

# Left of the function's time for a look to end and the lease to be released.
MARGIN_MS = 12_000

logger = Logger()
metrics = Metrics()
settings = WaitsSettings.from_env()
runner = asyncio.Runner()
waits = waiting.waits(settings)


@cache
def watch() -> Any:
    """Only when something waits: it takes half a second to import."""
    return waiting.watch_prices(settings, waits)


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes `{}` from the schedule, and `{"woken": true}` when an entry begins to wait."""
    woken = bool(event.get("woken"))
    if not woken and not waits.waiting(1):
        metrics.add_metric("EntriesReleased", MetricUnit.Count, 0)
        return {"ran": False}
    wanted_ms = int(float(event.get("seconds", settings.run_seconds)) * 1000)
    allowed_ms = context.get_remaining_time_in_millis() - MARGIN_MS
    run_ms = min(wanted_ms, allowed_ms)
    looked = runner.run(watch()(context.aws_request_id, run_ms, stands_by=not woken))
    metrics.add_metric("EntriesReleased", MetricUnit.Count, looked.released)
    if looked.failed:
        metrics.add_metric("WaitsNotLookedAt", MetricUnit.Count, looked.failed)
    logger.info("looked", extra=asdict(looked))
    return {"ran": True, **asdict(looked)}
