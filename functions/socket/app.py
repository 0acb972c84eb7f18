"""A WebSocket connection's life: $connect, its commands ($default), $disconnect."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.domain.news import Viewer
from pilotfish.settings import SocketSettings
from pilotfish.wiring import live

logger = Logger()
settings = SocketSettings.from_env()
connect = live.connect(settings)
push = live.push(settings)


def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Answers to commands are posted: what a route returns is not sent without a route response."""
    context = event["requestContext"]
    connection_id = context["connectionId"]
    logger.append_keys(connection_id=connection_id)
    if context["eventType"] == "DISCONNECT":
        connect.disconnect(connection_id)
        logger.info("disconnected", code=context.get("disconnectStatusCode"))
        return {"statusCode": 200}
    authorized = context["authorizer"]
    viewer = Viewer(authorized["user"], operator=authorized["operator"] == "true")
    if context["eventType"] == "CONNECT":
        connect.connect(connection_id, viewer)
        logger.info("connected", user=viewer.user)
    else:
        answer = connect.command(connection_id, viewer, event.get("body") or "")
        push.post({connection_id: [json.dumps(answer).encode()]})
        logger.info("command", answer=answer["type"])
    return {"statusCode": 200}
