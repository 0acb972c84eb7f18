"""Lets a WebSocket connection in that brings a ticket: single use, 30 s old at most."""

from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.clock import utc_ms
from pilotfish.settings import AuthorizerSettings
from pilotfish.wiring import live

logger = Logger()
tickets = live.tickets(AuthorizerSettings.from_env())


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A REQUEST authorizer's policy; the context comes with every event of the connection."""
    ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
    viewer = tickets.redeem(ticket, utc_ms())
    connection_id = event["requestContext"].get("connectionId", "")
    logger.info("ticket", admitted=viewer is not None, connection_id=connection_id)
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if viewer else "Deny",
        "Resource": event["methodArn"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    if viewer is None:
        return {"principalId": "nobody", "policyDocument": policy}
    context = {"user": viewer.user, "operator": str(viewer.operator).lower()}
    return {"principalId": viewer.user, "policyDocument": policy, "context": context}
