"""Reads what accounts have at their venues, and sends nothing."""

import asyncio
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


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Takes `{"shard": "0"}`; answers how many were read, and how many could not be."""
    looked = runner.run(read_wallets(event["shard"]))
    metrics.add_metric("WalletsRead", MetricUnit.Count, looked.read)
    metrics.add_metric("WalletsNotRead", MetricUnit.Count, looked.failed)
    logger.info("wallets", read=looked.read, failed=looked.failed)
    return {"read": looked.read, "failed": looked.failed}
