"""One turn of the `retry_order` state machine."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish import wiring
from pilotfish.settings import ExecutorSettings

logger = Logger()
runner = asyncio.Runner()
retry_order = wiring.retry_order(ExecutorSettings.from_env())


def handler(event: dict[str, str], _context: Any) -> dict[str, str]:
    """Takes an order's key; answers with its state and what this turn found."""
    turn = runner.run(retry_order(event["follow_id"], event["order_key"]))
    logger.info("turn", state=turn.state, finding=turn.finding, **event)
    return {"state": turn.state, "finding": turn.finding}
