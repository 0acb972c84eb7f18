"""Reads what accounts have at their venues, and stops follows that lost what they may."""

import asyncio
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.settings import WalletsSettings
from pilotfish.wiring import wallets

logger = Logger()
metrics = Metrics()
runner = asyncio.Runner()
settings = WalletsSettings.from_env()
read_wallets = wallets.read_wallets(settings)
watch_losses = wallets.watch_losses(settings)
read_payments = wallets.read_payments(settings)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Takes `{"shard": "0"}`; answers how many were read, and how many could not be.

    Then how many follows were judged by their result, reached a limit, and could not be judged.
    """
    looked = runner.run(read_wallets(event["shard"]))
    metrics.add_metric("WalletsRead", MetricUnit.Count, looked.read)
    metrics.add_metric("WalletsNotRead", MetricUnit.Count, looked.failed)
    watched = watch_losses(event["shard"])
    metrics.add_metric("LimitsReached", MetricUnit.Count, watched.breached)
    metrics.add_metric("NotWatched", MetricUnit.Count, watched.unknown + watched.failed)
    metrics.add_metric("LevelsNotKnown", MetricUnit.Count, watched.untold)
    unpaid = runner.run(read_payments(looked.seen))
    metrics.add_metric("PaymentsNotRead", MetricUnit.Count, unpaid)
    logger.info("wallets", read=looked.read, failed=looked.failed, watched=asdict(watched))
    return {
        "read": looked.read,
        "failed": looked.failed,
        "watched": watched.looked,
        "breached": watched.breached,
        "closed": watched.closed,
        "unknown": watched.unknown + watched.failed,
        "untold": watched.untold,
    }
