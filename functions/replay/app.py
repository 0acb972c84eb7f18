"""Replays copies that failed, as far as that is safe."""

import asyncio
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.settings import ReplaySettings
from pilotfish.usecases.replay import Verdict
from pilotfish.wiring import sending

logger = Logger()
metrics = Metrics()
runner = asyncio.Runner()
replay = sending.replay(ReplaySettings.from_env())


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers with what was done (or with `dry_run` would be) about each order, and why not more.

    Takes `{"orders": [{"follow_id", "order_key"}], "since_ms": 0, "dry_run": true}`; each of them
    is optional, and `since_ms` stands for all that failed since then.
    """
    dry_run = bool(event.get("dry_run"))
    keys = [(order["follow_id"], order["order_key"]) for order in event.get("orders", [])]
    batch = runner.run(replay(keys, event.get("since_ms"), dry_run=dry_run))
    sent = [one for one in batch.orders if one.verdict is Verdict.SENT_AGAIN and not dry_run]
    metrics.add_metric("ReplayedOrders", MetricUnit.Count, len(sent))
    answer = asdict(batch) | {"dry_run": dry_run}
    logger.info("replayed", extra=answer)
    return answer
