"""Compares what followers hold with what was copied to them."""

import asyncio
import json
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.settings import ReconcileSettings
from pilotfish.wiring import comparing

NAMED = 500  # Of each list in the answer; every drift has a line in the log.

logger = Logger()
metrics = Metrics()
runner = asyncio.Runner()
settings = ReconcileSettings.from_env()
reconcile = comparing.reconcile(settings)
alerts = comparing.alerts(settings)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers with what followers lack, what could not be compared yet, and whom nobody could ask.

    Takes `{"shard": "0"}`, or `{"leader_id": "…"}` for the followers of one leader.
    """
    leader_id = event.get("leader_id")
    found = runner.run(reconcile(event["shard"] if leader_id is None else "", leader_id))
    for drift in found.drifts:
        logger.warning("drift", extra=asdict(drift))
    for failed in found.failed:
        logger.warning("not read", extra=asdict(failed))
    alerts.drifts(found.drifts)
    reported = sum(not drift.accepted for drift in found.drifts)
    metrics.add_metric("DriftedPositions", MetricUnit.Count, reported)
    metrics.add_metric("AccountsNotRead", MetricUnit.Count, len(found.failed))
    logger.info("reconciled", extra={"accounts": found.accounts, "left": found.left[:NAMED]})
    told = json.loads(json.dumps(asdict(found), default=str)).items()
    return {name: some[:NAMED] if isinstance(some, list) else some for name, some in told}
