"""Tells prices, positions, portfolio and risk to whoever listens; ends sessions each minute."""

import asyncio
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.clock import utc_ms
from pilotfish.settings import MarketSettings
from pilotfish.wiring import telling

# Left of the function's time for sockets to close and the lease to be released.
MARGIN_MS = 3_000

logger = Logger()
metrics = Metrics()
settings = MarketSettings.from_env()
runner = asyncio.Runner()
push = telling.push(settings)
watch_over = telling.watch_over(settings, push)


@cache
def market() -> Any:
    """Only when somebody listens: it takes half a second to import."""
    return telling.market(settings, push)


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes `{}` from the schedule, and `{"woken": true}` from who wants to hear at once."""
    if not event.get("woken"):
        connected = watch_over()
        metrics.add_metric("ConnectedClients", MetricUnit.Count, connected.clients)
        metrics.add_metric("Subscriptions", MetricUnit.Count, connected.subscriptions)
        metrics.add_metric("SessionsEnded", MetricUnit.Count, connected.ended)
    if not telling.demanded(settings):
        metrics.add_metric("StatesPosted", MetricUnit.Count, 0)
        return {"ran": False}
    wanted_ms = int(float(event.get("seconds", settings.run_seconds)) * 1000)
    allowed_ms = context.get_remaining_time_in_millis() - MARGIN_MS
    until_ms = utc_ms() + min(wanted_ms, allowed_ms)
    posted = runner.run(market()(context.aws_request_id, until_ms))
    metrics.add_metric("StatesPosted", MetricUnit.Count, posted.frames)
    if posted.dropped:
        metrics.add_metric("StatesDropped", MetricUnit.Count, posted.dropped.total())
    logger.info("told", frames=posted.frames, dropped=dict(posted.dropped), gone=len(posted.gone))
    return {"ran": True, "frames": posted.frames}
