"""Listens to a shard of leaders' accounts for one run; the scheduler's runs overlap."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.clock import utc_ms
from pilotfish.domain.asides import Aside
from pilotfish.settings import PollerSettings
from pilotfish.wiring import listening

# Left of the function's time for listeners to stop and the lease to be released.
MARGIN_MS = 3_000

logger = Logger()
metrics = Metrics()
settings = PollerSettings.from_env()
runner = asyncio.Runner()


alerts = listening.alerts(settings)


def count(asides: int) -> None:
    """Reports of venues that cannot be trades, and wait for a person."""
    metrics.add_metric("AsideReports", MetricUnit.Count, asides)


def set_aside(aside: Aside) -> None:
    """Whose account it is hears of it."""
    count(1)
    alerts.aside(aside)


poll = listening.poll(settings, set_aside)


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes `{"shard": "0", "seconds": 130}`; `seconds` is optional."""
    logger.append_keys(shard=event["shard"])
    count(0)
    wanted_ms = int(float(event.get("seconds", settings.run_seconds)) * 1000)
    allowed_ms = context.get_remaining_time_in_millis() - MARGIN_MS
    until_ms = utc_ms() + min(wanted_ms, allowed_ms)
    runner.run(poll(event["shard"], context.aws_request_id, until_ms))
    return {"shard": event["shard"], "until_ms": until_ms}
