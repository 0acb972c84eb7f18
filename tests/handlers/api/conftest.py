"""The API's function on moto, called as API Gateway calls it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest

from pilotfish.clock import utc_ms
from tests.fakes.dynamo import create_tables
from tests.handlers.conftest import ROOT, Load

SETTINGS: dict[str, str] = {
    "VENUES": "okx,gate",
    "MARKET_FUNCTION": "",
    "REPLAY_FUNCTION": "replay",
    "EXPORTS_FUNCTION": "exports",
    "EXPORTS_BUCKET": "exports",
    "FAILURE_QUEUES": "",
    "CONNECTIONS_FUNCTION": "connections",
    "FOLLOW_FUNCTION": "follow",
    "SOCKET_FUNCTION": "socket",
    "KEY_ID": "none",
}


@dataclass(frozen=True)
class Answer:
    """What the function answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Context:
    """As much of Lambda's context as is used."""

    function_name = "api"
    aws_request_id = "r"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


Call = Callable[..., Answer]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, aws: None) -> Any:
    client = boto3.client("dynamodb")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for logical_id, name in create_tables(client, ROOT / "template.yaml", "").items():
        words = "".join(f"_{c}" if c.isupper() else c for c in logical_id.removesuffix("Table"))
        monkeypatch.setenv(f"{words.strip('_').upper()}_TABLE", name)
    return client


@pytest.fixture
def app(dynamodb: Any, load: Load) -> ModuleType:
    return load("api")


@pytest.fixture
def call(app: ModuleType) -> Call:
    """`call("POST", "/tickets", {"a": 1}, user="ada", query={"limit": "5"}, if_match='"1"')`."""

    def request(method: str, path: str, body: Any = None, **how: Any) -> Answer:
        answer = app.handler(event(method, path, body, **how), Context())
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    return request


def event(
    method: str,
    path: str,
    body: Any = None,
    *,
    user: str = "ada",
    operator: bool = False,
    query: dict[str, str] | None = None,
    claims: dict[str, str] | None = None,
    **headers: str,
) -> dict[str, Any]:
    """A request, as API Gateway's HTTP API tells it (payload 2.0); no `user`, no authorizer."""
    context: dict[str, Any] = {"http": {"method": method, "path": path}, "stage": "$default"}
    if user:
        told = {"sub": user, "token_use": "access", "exp": str(utc_ms() // 1000 + 3600)}
        told |= {"cognito:groups": "[operator]"} if operator else {}
        context["authorizer"] = {"jwt": {"claims": told | (claims or {}), "scopes": None}}
    return {
        "version": "2.0",
        "routeKey": f"{method} /{{proxy+}}",
        "rawPath": path,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "queryStringParameters": query or {},
        "headers": {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        "requestContext": context,
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
