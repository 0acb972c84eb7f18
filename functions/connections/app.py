"""Tries keys that were sent in and keys that are stored, and tells how connections are."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.settings import ConnectionsSettings
from pilotfish.wiring import connecting

logger = Logger()
runner = asyncio.Runner()
connections = connecting.connections(ConnectionsSettings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with what was asked for, or with `why` not; no key comes in or goes out.

    Takes `{"do": "take", "candidate_id": "…"}`, `{"do": "try" | "pause" | "resume" | "delete",
    "account_id": "…"}`, `{"do": "list", "shard": "0", "account_ids": []}`, and `{"do": "check"}`,
    which is about all keys that are due. An operator names no `owner`.
    """
    try:
        done = connecting.told(_do(event, context))
    except connecting.REFUSALS as refusal:
        return {"why": str(refusal), "code": type(refusal).__name__}
    logger.info(event["do"], extra={"account_id": event.get("account_id")})
    return {"done": done}


def _do(event: dict[str, Any], context: Any) -> object:
    account_id, owner = event.get("account_id", ""), event.get("owner")
    match event["do"]:
        case "take":
            return runner.run(connections.take(event["candidate_id"]))
        case "try":
            return runner.run(connections.look.one(account_id))
        case "check":
            return runner.run(connections.look(connecting.until_ms(context)))
        case "list":
            return connections.show.of_shard(event.get("shard", ""), event.get("account_ids", []))
        case "pause" | "resume" as act:
            return getattr(connections.manage, act)(owner, account_id)
        case "delete":
            how = {name: event[name] for name in ("stop_follows", "revision") if name in event}
            connections.delete(owner, account_id, **how)
            return "deleted"
    raise ValueError(f"there is nothing like {event['do']!r} to do")
