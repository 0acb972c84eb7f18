"""How many requests a member may send."""

from collections.abc import Callable
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware

from pilotfish.api.callers import caller
from pilotfish.api.problems import Problem

PER_MINUTE = 300
WINDOW_MS = 60_000


class Counted(Protocol):
    """Requests of members."""

    def count(self, user: str, window: int, until_s: int) -> int:
        """How many the user has sent within the window, with this one."""


class Pace(BaseMiddlewareHandler[APIGatewayHttpResolver]):
    """300 requests a minute for each member; a request without a caller is not counted."""

    def __init__(self, counted: Callable[[], Counted], clock: Callable[[], int]) -> None:
        super().__init__()
        self._counted = counted
        self._clock = clock

    def handler(
        self, app: APIGatewayHttpResolver, next_middleware: NextMiddleware
    ) -> Response[Any]:
        try:
            viewer = caller(app.request)
        except Problem:  # a public route, or one that will say so itself
            return next_middleware(app)
        now_ms = self._clock()
        window, gone_ms = divmod(now_ms, WINDOW_MS)
        until_s = (window + 1) * WINDOW_MS // 1000
        if self._counted().count(viewer.user, window, until_s) > PER_MINUTE:
            wait_s = -(-(WINDOW_MS - gone_ms) // 1000)
            text = f"{PER_MINUTE} requests a minute are the limit: wait {wait_s} s."
            raise Problem(429, text, headers={"Retry-After": str(wait_s)})
        return next_middleware(app)
