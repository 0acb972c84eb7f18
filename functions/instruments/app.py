"""Publishes what can be traded on each venue."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.settings import InstrumentsSettings
from pilotfish.wiring import listening

logger = Logger()
settings = InstrumentsSettings.from_env()
runner = asyncio.Runner()
publish = listening.publish_instruments(settings)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Answers with the number of instruments of each venue."""
    published = runner.run(publish(settings.venues.split(",")))
    logger.info("published", extra={"instruments": published})
    return published
