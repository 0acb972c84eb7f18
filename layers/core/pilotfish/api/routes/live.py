"""What a client needs to listen, and what it asks where WebSockets are blocked."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Protocol

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.problems import Problem
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Time, Told
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Live as Asking
from pilotfish.ports import NotAnswered

errors = translated(
    {
        NotAnswered: lambda _: Problem(
            503, "Nobody knows the answer now; ask again.", headers={"Retry-After": "1"}
        )
    }
)


class Tickets(Protocol):
    """What lets a browser connect."""

    def issue(self, viewer: Viewer, now_ms: int) -> str: ...


class Ticket(Told):
    """Goes into `?ticket=` of the WebSocket's URL."""

    ticket: Annotated[str, Field(description="Lets one connection in.")]
    expires_ms: Time


class Live:
    """Tickets for the WebSocket, and its commands without one."""

    def __init__(
        self,
        tickets: Callable[[], Tickets],
        live: Callable[[], Asking],
        clock: Callable[[], int],
        ticket_ms: int,
    ) -> None:
        self._live = live
        self._tickets = tickets
        self._clock = clock
        self._ticket_ms = ticket_ms

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()

        @router.post(
            "/tickets", status_code=201, summary="A ticket for the WebSocket", tags=["Live"]
        )
        def issue(caller: Caller) -> Ticket:
            """Good once and for 30 s; the session that it opens ends with the caller's token."""
            now_ms = self._clock()
            ticket = self._tickets().issue(caller, now_ms)
            return Ticket(ticket=ticket, expires_ms=now_ms + self._ticket_ms)

        router.post("/live", summary="A command of the WebSocket", tags=["Live"])(self.ask)
        return router

    @errors
    def ask(
        self,
        caller: Caller,
        command: Annotated[
            dict[str, Any],
            Body(description='As on the WebSocket: `{"action": "get_positions"}`, `resume` …'),
        ],
    ) -> list[dict[str, Any]]:
        """What the WebSocket would bring, the answer last; see docs/asyncapi.yaml.

        A command that is not understood is answered with an `ERROR` too. `subscribe` tells where
        an event channel is and sees to it that it is kept; `resume` brings what came since, and of
        prices, positions, portfolio and risk how they are now.
        """
        return self._live()(caller, json.dumps(command))
