"""Who may connect."""

from typing import Protocol

from pilotfish.domain.viewers import Viewer

BEARER = "bearer "


class Tickets(Protocol):
    """What lets one connection in."""

    def redeem(self, ticket: str, now_ms: int) -> Viewer | None: ...


class Tokens(Protocol):
    """What lets a program in until it expires."""

    def verify(self, token: str, now_ms: int) -> Viewer: ...


class Admit:
    """A ticket is used up even when something else is wrong; a token is never taken from a URL."""

    def __init__(self, *, tickets: Tickets, tokens: Tokens) -> None:
        self._tickets = tickets
        self._tokens = tokens

    def __call__(self, ticket: str, authorization: str, now_ms: int) -> tuple[Viewer | None, str]:
        """The viewer, and by what; or None, and why not."""
        if ticket:
            viewer = self._tickets.redeem(ticket, now_ms)
            if viewer is None or viewer.ended(now_ms):
                return None, "ticket"
            return viewer, "ticket"
        if not authorization.lower().startswith(BEARER):
            return None, "nothing"
        try:
            return self._tokens.verify(authorization[len(BEARER) :].strip(), now_ms), "token"
        except Exception as bad:  # noqa: BLE001 - whatever it is, nobody is let in by it
            return None, f"token: {bad}"
