"""Finds what a lost trigger left behind and sends it on its way."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.settings import SweepSettings
from pilotfish.usecases.sweep import PATIENCE_MS
from pilotfish.wiring import deciding

logger = Logger()
sweep = deciding.sweep(SweepSettings.from_env())


def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Answers with how much had been left behind, and for how much of it nothing could be done.

    Takes `{"patience_s": 30}`, which is optional.
    """
    swept = asdict(sweep(int(event.get("patience_s", PATIENCE_MS // 1000)) * 1000))
    logger.info("swept", extra=swept)
    return swept
