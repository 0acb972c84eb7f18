"""One look of the `exit_sync` state machine at all followers of a leader's exit."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.settings import ExitSyncSettings
from pilotfish.usecases.sync_exit import Standing
from pilotfish.wiring import deciding

NAMED = 50  # Of those who are not there yet; a state's output holds 256 KB.

logger = Logger()
settings = ExitSyncSettings.from_env()
sync_exit = deciding.sync_exit(settings)
alerts = deciding.alerts(settings)


class NotSynced(Exception):
    """The last look found followers who hold what the leader closed; names them."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Takes a fill's account and id, and if it was decided late; answers with who is not there yet.

    With `"last": true` it raises `NotSynced` instead, so that the execution fails in a step that
    a redrive does again.
    """
    late = bool(event.get("late"))
    look = sync_exit(event["account_id"], event["fill_id"], late=late)
    named = [asdict(r) | {"quantity": str(r.quantity)} for r in look.remainders[:NAMED]]
    answer = {"standing": look.standing, "count": len(look.remainders), "remainders": named}
    logger.info("look", extra=event | answer)
    if event.get("last") and look.standing is Standing.OPEN:
        alerts.remainders(event["account_id"], event["fill_id"], look.remainders)
        who = "{follow_id} {symbol} {quantity}: {why}"
        raise NotSynced("; ".join(who.format(**remainder) for remainder in named))
    return answer
