"""Commands of the WebSocket over HTTP."""

import io
import json
from typing import Any

import boto3
import pytest

from tests.handlers.api.conftest import Call


class Socket:
    """The function `socket`, as it is invoked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.reply: dict[str, Any] = {"messages": [{"type": "PONG", "id": 1}]}
        self.fails = False

    def invoke(self, FunctionName: str, Payload: str) -> Any:  # noqa: N803 - boto3's
        self.asked.append((FunctionName, json.loads(Payload)))
        payload = {"Payload": io.BytesIO(json.dumps(self.reply).encode())}
        return payload | ({"FunctionError": "Unhandled"} if self.fails else {})


@pytest.fixture
def socket(monkeypatch: pytest.MonkeyPatch) -> Socket:
    made, real = Socket(), boto3.client

    def client(name: str, *args: Any, **more: Any) -> Any:
        return made if name == "lambda" else real(name, *args, **more)

    monkeypatch.setattr(boto3, "client", client)
    return made


def test_a_command_is_asked_in_the_callers_name(socket: Socket, call: Call) -> None:
    answer = call("POST", "/live", {"action": "ping", "id": 1, "user": "ben"}, user="ada")
    assert (answer.status, answer.body) == (200, [{"type": "PONG", "id": 1}])
    ((function, event),) = socket.asked
    assert function == "socket"
    command = json.loads(event["polled"].pop("command"))
    assert event == {"polled": {"user": "ada", "operator": False}}
    assert command == {"action": "ping", "id": 1, "user": "ben"}
    call("POST", "/live", {"action": "ping"}, user="root", operator=True)
    assert socket.asked[1][1]["polled"]["operator"] is True


def test_what_is_no_object_is_refused(socket: Socket, call: Call) -> None:
    assert call("POST", "/live", ["ping"]).status == 422
    assert call("POST", "/live", "{").status in (400, 422)
    assert socket.asked == []


def test_nobody_knows_is_said_so(socket: Socket, call: Call) -> None:
    socket.fails = True
    answer = call("POST", "/live", {"action": "ping"})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
