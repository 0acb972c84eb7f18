"""Invokes a function of the embedded AWS, as `sam local invoke` does where there is Docker."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from pilotfish_local.aws.deploy import Stack
from pilotfish_local.aws.embedded import EmbeddedAws


@dataclass(frozen=True)
class InvokeResult:
    """What the function returned, or its error object when `failed`; `log` is its last 4 KB."""

    payload: Any
    failed: bool
    log: str


def invoke(
    aws: EmbeddedAws, function_name: str, event: Any, *, stack: Stack | None = None
) -> InvokeResult:
    """Run a function on an event and wait; its name is physical, or logical with `stack` given."""
    if stack is not None:
        function_name = stack.resources.get(function_name, function_name)
    reply = aws.client("lambda").invoke(
        FunctionName=function_name, Payload=json.dumps(event), LogType="Tail"
    )
    log = base64.b64decode(reply.get("LogResult", "")).decode(errors="replace")
    payload = json.loads(reply["Payload"].read() or b"null")
    return InvokeResult(payload, "FunctionError" in reply, log)
