"""Lets a follow begin, with what its leader has already or without, change, pause and stop."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.settings import FollowSettings
from pilotfish.wiring import following
from pilotfish.wiring.follow_events import answered

logger = Logger()
runner = asyncio.Runner()
follows = following.following(FollowSettings.from_env())


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers with the follow and what became of positions, or with `refused` and `why`.

    Takes `do` (`start`, `rules`, `pause`, `resume` or `stop`; `start` if it is left out),
    `{"leader_id", "account_id"}` or `{"leader_id", "follow_id"}`, for whom it is done (`user`;
    without one it is done by the operator who calls), and `version` for a change of that one only.
    `start` and `rules` take the rules beside them, `start` also `consent` and `invitation`, `stop`
    takes `how` and `positions`.
    """
    answer = runner.run(answered(follows, event))
    logger.info("follow", extra={name: answer.get(name) for name in ("state", "follow_id", "why")})
    return answer
