"""Listens to a shard of leaders' accounts for one run; the scheduler's runs overlap."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.clock import utc_ms
from pilotfish.settings import PollerSettings
from pilotfish.wiring import listening

# Left of the function's time for listeners to stop and the lease to be released.
MARGIN_MS = 3_000

logger = Logger()
settings = PollerSettings.from_env()
runner = asyncio.Runner()
poll = listening.poll(settings)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes `{"shard": "0", "seconds": 75}`; `seconds` is optional."""
    logger.append_keys(shard=event["shard"])
    wanted_ms = int(float(event.get("seconds", settings.run_seconds)) * 1000)
    allowed_ms = context.get_remaining_time_in_millis() - MARGIN_MS
    until_ms = utc_ms() + min(wanted_ms, allowed_ms)
    runner.run(poll(event["shard"], context.aws_request_id, until_ms))
    return {"shard": event["shard"], "until_ms": until_ms}
