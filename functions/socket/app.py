"""A WebSocket connection's life: $connect, its commands ($default), $disconnect.

And the same commands from who polls, one call for each.
"""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.clock import utc_ms
from pilotfish.domain.commands import BadCommand
from pilotfish.domain.viewers import Viewer
from pilotfish.settings import SocketSettings
from pilotfish.wiring import conversing, live

logger = Logger()
settings = SocketSettings.from_env()
connect = conversing.connect(settings)
polled = cache(lambda: conversing.polled(settings))
push = live.push(settings)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers to commands are posted: what a route returns is not sent without a route response.

    `{"polled": {"user", "operator", "command"}}` is answered with `messages`.
    """
    if asked := event.get("polled"):
        viewer = Viewer(asked["user"], asked["operator"])
        frames = polled().command("", viewer, asked["command"])
        return {"messages": [json.loads(frame) for frame in frames]}
    context = event["requestContext"]
    connection_id = context["connectionId"]
    logger.append_keys(connection_id=connection_id)
    if context["eventType"] == "DISCONNECT":
        connect.disconnect(connection_id)
        logger.info("disconnected", code=context.get("disconnectStatusCode"))
        return {"statusCode": 200}
    viewer = viewer_of(context["authorizer"])
    if context["eventType"] == "CONNECT":
        asked = (event.get("queryStringParameters") or {}).get("channels", "")
        try:
            connect.connect(connection_id, viewer, asked)
        except BadCommand as bad:
            logger.info("refused", why=str(bad))
            return {"statusCode": 400}
        logger.info("connected", user=viewer.user)
    elif viewer.ended(utc_ms()):
        push.hang_up([connection_id])
    else:
        push.post({connection_id: connect.command(connection_id, viewer, event.get("body") or "")})
    return {"statusCode": 200}


def viewer_of(authorized: dict[str, Any]) -> Viewer:
    """What the authorizer said, as text."""
    operator, until_ms = authorized["operator"] == "true", int(authorized.get("until_ms") or 0)
    return Viewer(authorized["user"], operator, until_ms)
