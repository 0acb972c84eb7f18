"""Finds what a lost trigger left behind, and sees stopped follows to their end."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.settings import SweepSettings
from pilotfish.usecases.sweep import PATIENCE_MS
from pilotfish.wiring import deciding, following

logger = Logger()
settings = SweepSettings.from_env()
sweep = deciding.sweep(settings)
end_follows = following.end_follows(settings)


def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Answers with how much had been left behind, and for how much of it nothing could be done.

    `ending` are the follows that were looked at on their way to an end, `ended` those that are
    there.

    Takes `{"patience_s": 30}`, which is optional.
    """
    swept = asdict(sweep(int(event.get("patience_s", PATIENCE_MS // 1000)) * 1000))
    ended = end_follows()
    swept |= {"ending": ended.looked_at, "ended": ended.ended}
    swept["failed"] += ended.failed
    logger.info("swept", extra=swept)
    return swept
