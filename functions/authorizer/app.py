"""Lets a WebSocket connection in that brings a ticket (good once, for 30 s) or a bearer token."""

from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.clock import utc_ms
from pilotfish.domain.origins import admitted
from pilotfish.settings import AuthorizerSettings
from pilotfish.wiring import live

logger = Logger()
settings = AuthorizerSettings.from_env()
admit = live.admission(settings)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A REQUEST authorizer's policy; the context comes with every event of the connection."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
    viewer, why = None, "origin"
    if admitted(headers.get("origin"), settings.allowed_origins):
        viewer, why = admit(ticket, headers.get("authorization", ""), utc_ms())
    connection_id = event["requestContext"].get("connectionId", "")
    logger.info("ticket", admitted=viewer is not None, why=why, connection_id=connection_id)
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if viewer else "Deny",
        "Resource": event["methodArn"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    if viewer is None:
        return {"principalId": "nobody", "policyDocument": policy}
    context = {
        "user": viewer.user,
        "operator": str(viewer.operator).lower(),
        "until_ms": str(viewer.until_ms),
    }
    return {"principalId": viewer.user, "policyDocument": policy, "context": context}
