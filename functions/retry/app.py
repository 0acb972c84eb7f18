"""One turn of the `retry_order` state machine."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.domain.orders import State
from pilotfish.settings import ExecutorSettings
from pilotfish.wiring import sending

logger = Logger()
metrics = Metrics()
runner = asyncio.Runner()
retry_order = sending.retry_order(ExecutorSettings.from_env())


@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, str | float]:
    """Takes an order's key; answers with its state, what this turn found, and how long to wait.

    With `"last": true` it raises unless the order is settled: a redrive begins with this step.
    """
    metrics.add_metric("RetryTurns", MetricUnit.Count, 1)
    take = retry_order.last if event.get("last") else retry_order
    turn = runner.run(take(event["follow_id"], event["order_key"]))
    metrics.add_metric("ManualOrders", MetricUnit.Count, int(turn.state is State.MANUAL))
    logger.info("turn", extra=event | {"state": turn.state, "finding": turn.finding})
    return {"state": turn.state, "finding": turn.finding, "wait_s": turn.wait_s}
