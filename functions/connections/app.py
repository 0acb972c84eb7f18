"""Tries and accepts keys, pauses and resumes connections, and tells how they are."""

import asyncio
from base64 import b64decode
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.domain.accounts import Account
from pilotfish.settings import ConnectionsSettings
from pilotfish.usecases.connections import NoSuchAccount
from pilotfish.wiring import connecting

logger = Logger()
runner = asyncio.Runner()
connections = connecting.connections(ConnectionsSettings.from_env())


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers with what was asked for, or with `why` not.

    Takes `{"do": "list", "shard": "0", "account_ids": []}`, `{"do": "try" | "pause" | "resume",
    "account_id": "…"}`, and `{"do": "connect", "account": {…}, "sealed": "…"}` with the sealed key.
    """
    try:
        done = connecting.told(_do(event))
    except (NoSuchAccount, ValueError) as refusal:
        return {"why": str(refusal)}
    logger.info(event["do"], extra={"account_id": event.get("account_id")})
    return {"done": done}


def _do(event: dict[str, Any]) -> object:
    account_id = event.get("account_id", "")
    match event["do"]:
        case "list":
            named = event.get("account_ids", [])
            return runner.run(connections.listing(event.get("shard", ""), named))
        case "try":
            return runner.run(connections.trying.stored(account_id))
        case "connect":
            account = Account(**event["account"], sealed_key=b64decode(event["sealed"]))
            return runner.run(connections.connect(account))
        case "pause" | "resume":
            connections.pause(account_id, paused=event["do"] == "pause")
            return f"{event['do']}d"
    raise ValueError(f"there is nothing like {event['do']!r} to do")
