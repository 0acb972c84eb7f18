"""What an operator has stopped: no entry of it is sent before that is lifted; exits always are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pilotfish.domain.orders import CopyOrder, Leg

EVERYTHING = "all"

_SCOPE = re.compile(r"all|venue:[a-z0-9:]{1,40}|leader:[A-Za-z0-9._-]{1,64}", re.ASCII)


class BadScope(ValueError):
    """There is nothing like it to halt; says what there is."""


def venue_scope(venue: str) -> str:
    """All copies that go to a venue."""
    return f"venue:{venue}"


def leader_scope(leader_id: str) -> str:
    """All copies of a leader's account."""
    return f"leader:{leader_id}"


def checked_scope(scope: str) -> str:
    """The scope as it is; raises `BadScope`."""
    if not _SCOPE.fullmatch(scope):
        raise BadScope(f"to halt are {EVERYTHING}, venue:<venue> and leader:<account id>")
    return scope


@dataclass(frozen=True, slots=True)
class Halt:
    """Who stopped what, when (UTC ms) and why."""

    scope: str
    by: str
    at_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """All halts of a moment, by their scope."""

    halts: Mapping[str, Halt]

    def stops(self, order: CopyOrder) -> bool:
        """Whether the order must not be sent; an exit always may."""
        if order.leg is Leg.EXIT:
            return False
        scopes = (EVERYTHING, venue_scope(order.venue), leader_scope(order.leader_id))
        return any(scope in self.halts for scope in scopes)
