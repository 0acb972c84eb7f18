"""Lets a follow begin, with the positions that its leader has already or without them."""

import asyncio
import json
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import CannotFollow
from pilotfish.domain.rules import BadRules, rules_from
from pilotfish.settings import FollowSettings
from pilotfish.usecases.start_follow import Wanted
from pilotfish.wiring import deciding

SAID = ("symbol", "position_side", "side", "quantity", "limit_price", "state", "reason")
WHO = ("follow_id", "leader_id", "account_id")

logger = Logger()
runner = asyncio.Runner()
start_follow = deciding.start_follow(FollowSettings.from_env())


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers whether the follow has begun, and what became of each position that it found.

    Takes `{"follow_id", "leader_id", "account_id"}` and rules beside them, as `Rules` names them.
    """
    try:
        rules = rules_from({name: value for name, value in event.items() if name not in WHO})
        wanted = Wanted(**{name: str(event.get(name, "")) for name in WHO}, rules=rules)
        started = runner.run(start_follow(wanted))
    except (BadRules, CannotFollow, NotReady) as trouble:
        state = "not_ready" if isinstance(trouble, NotReady) else "refused"
        return {"state": state, "why": str(trouble)}
    state = "started" if started.new else "following"
    told = [{name: getattr(one, name) for name in SAID} for one in started.joined]
    answer = {"state": state, "follow_id": started.follow.follow_id, "positions": _json(told)}
    logger.info("follow", extra=answer)
    return answer


def _json(told: Any) -> Any:
    return json.loads(json.dumps(told, default=str))
