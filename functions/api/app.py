"""The HTTP API: everything that a person manages."""

from typing import Any

from pilotfish.settings import ApiSettings
from pilotfish.wiring import api

answer = api.handler(ApiSettings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An event of API Gateway's HTTP API (payload 2.0), admitted by its JWT authorizer."""
    return answer(event, context)
