"""Who calls: the access token's word alone, never the request's."""

from typing import Annotated

from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from pilotfish.api.problems import Problem
from pilotfish.domain.viewers import OPERATOR, Viewer

UNAUTHORIZED = {"WWW-Authenticate": "Bearer"}


def caller(request: Request) -> Viewer:
    """Whom the gateway has admitted; issuer, audience, signature and expiry are its business.

    The gateway would take an id token as well, which is not meant for APIs.
    """
    claims = _claims(request)
    if claims.get("token_use") != "access" or not claims.get("sub"):
        raise Problem(401, "Bring an access token of this user pool.", headers=UNAUTHORIZED)
    operator = OPERATOR in groups(claims.get("cognito:groups", ""))
    return Viewer(claims["sub"], operator, int(claims["exp"]) * 1000)


def operator(request: Request) -> Viewer:
    """The caller, who has to be an operator."""
    viewer = caller(request)
    if not viewer.operator:
        raise Problem(403, "Operators alone may do this.")
    return viewer


def groups(claim: str) -> set[str]:
    """The gateway writes a list of groups as `[one two]`."""
    return set(claim.strip("[]").replace(",", " ").split())


def _claims(request: Request) -> dict[str, str]:
    event = request.resolved_event
    if not isinstance(event, APIGatewayProxyEventV2):
        return {}
    authorizer = event.request_context.authorizer
    return (authorizer.jwt_claim if authorizer else None) or {}


Caller = Annotated[Viewer, Depends(caller)]
Operator = Annotated[Viewer, Depends(operator)]
