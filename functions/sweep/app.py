"""Finds what a lost trigger left behind and sends it on its way."""

from typing import Any

from aws_lambda_powertools import Logger

from pilotfish import wiring
from pilotfish.settings import SweepSettings

logger = Logger()
sweep = wiring.sweep(SweepSettings.from_env())


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Answers with how much had been left behind."""
    swept = sweep()
    logger.info("swept", fills=swept.fills, orders=swept.orders)
    return {"fills": swept.fills, "orders": swept.orders}
