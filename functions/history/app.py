"""Starts, stops and shows back-fills of accounts' past trades, when a person asks."""

import asyncio
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.domain.errors import SyncRefused
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus, shown
from pilotfish.settings import HistorySettings
from pilotfish.wiring import history

logger = Logger()
runner = asyncio.Runner()
back_fills = history.back_fills(HistorySettings.from_env())


def start(account_id: str, **period: Any) -> list[SyncSession]:
    return [runner.run(back_fills.start(account_id, **period))]


def list_sessions(status: str | None = None, **where: Any) -> list[SyncSession]:
    return back_fills.list(status=SyncStatus(status) if status else None, **where)


ACTIONS: dict[str, Callable[..., list[SyncSession]]] = {
    "start": start,
    "stop": lambda account_id, session_id="": [back_fills.stop(account_id, session_id)],
    "retry": lambda account_id, session_id="": [back_fills.retry(account_id, session_id)],
    "show": lambda account_id, session_id="": [back_fills.show(account_id, session_id)],
    "list": list_sessions,
}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Takes `{"action": "start" …, "account_id", …}`; answers with sessions, or why not."""
    arguments = {name: value for name, value in event.items() if name != "action"}
    try:
        sessions = [shown(each) for each in ACTIONS[event["action"]](**arguments)]
    except SyncRefused as refusal:
        return {"refused": str(refusal)}
    logger.info("history", extra={"asked": event, "sessions": len(sessions)})
    return {"sessions": sessions}
