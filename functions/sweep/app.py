"""Finds what a lost trigger left behind and sends it on its way."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish import wiring
from pilotfish.settings import SweepSettings

logger = Logger()
sweep = wiring.sweep(SweepSettings.from_env())


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Answers with how much had been left behind, and for how much of it nothing could be done."""
    swept = asdict(sweep())
    logger.info("swept", extra=swept)
    return swept
