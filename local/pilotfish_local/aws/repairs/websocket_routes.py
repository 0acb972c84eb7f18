"""API Gateway invokes the routes of a WebSocket API like any function: in parallel, with a log."""

from __future__ import annotations

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc


class RouteInvoker:
    """Stands where MiniStack expects the one worker that it keeps for all sockets of a function."""

    def __init__(self, config: dict[str, Any], code: bytes) -> None:
        self._function = {"config": config, "code_zip": code}

    def invoke(self, event: dict[str, Any], _: str, **__: Any) -> dict[str, Any]:
        """Invoke through the dispatcher that all other callers use."""
        result = lambda_svc._execute_function(self._function, event)
        if result.get("error"):
            return {"status": "error", "error": "Internal server error"}
        return {"status": "ok", "result": result.get("body") or {}}


def apply() -> None:
    """Hand the WebSocket routes an invoker instead of a worker."""

    def invoker(_: str, config: dict[str, Any], code: bytes, **__: Any) -> RouteInvoker:
        return RouteInvoker(config, code)

    lambda_runtime.get_or_create_worker = invoker
