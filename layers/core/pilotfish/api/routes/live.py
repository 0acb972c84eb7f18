"""What a client needs to listen."""

from collections.abc import Callable
from typing import Annotated, Protocol

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.routing import new_router
from pilotfish.api.shapes import Time, Told
from pilotfish.domain.viewers import Viewer


class Tickets(Protocol):
    """What lets a browser connect."""

    def issue(self, viewer: Viewer, now_ms: int) -> str: ...


class Ticket(Told):
    """Goes into `?ticket=` of the WebSocket's URL."""

    ticket: Annotated[str, Field(description="Lets one connection in.")]
    expires_ms: Time


class Live:
    """Tickets for the WebSocket."""

    def __init__(
        self, tickets: Callable[[], Tickets], clock: Callable[[], int], ticket_ms: int
    ) -> None:
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

        return router
