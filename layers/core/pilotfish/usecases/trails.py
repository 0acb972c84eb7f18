"""What operators and owners did, read by account, by operator, or all that operators did."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pilotfish.domain.trail import Action, Verb
from pilotfish.ports import Clock

MOST = 100


class Trail(Protocol):
    """Lines are added and never changed; `before` is an `action_id`, or empty."""

    def append(self, action: Action) -> None: ...

    def of_subject(self, subject: str, before: str, limit: int) -> Sequence[Action]: ...

    def of_actor(self, by: str, before: str, limit: int) -> Sequence[Action]: ...

    def latest(self, before: str, limit: int) -> Sequence[Action]: ...


class KeepTrail:
    """Writes the line first: what could not be written down is not done."""

    def __init__(self, *, trail: Trail, clock: Clock, new_number: Callable[[], str]) -> None:
        self._trail = trail
        self._clock = clock
        self._new_number = new_number

    def say(self, subject: str, by: str, verb: Verb, why: str, detail: str = "") -> Action:
        """Add a line; raises `NoReason`."""
        action = Action(subject, self._clock(), self._new_number(), by, verb, why, detail)
        self._trail.append(action)
        return action

    def own(self, subject: str, owner: str, verb: Verb, detail: str = "") -> None:
        """Add a line for what the owner of an account has done to it."""
        number = self._new_number()
        action = Action(subject, self._clock(), number, owner, verb, "", detail, operator=False)
        self._trail.append(action)

    def lines(
        self, *, subject: str = "", by: str = "", before: str = "", limit: int = MOST
    ) -> Sequence[Action]:
        """The latest first: of a subject, else of an operator, else of everybody."""
        most = min(limit, MOST)
        if subject:
            found = self._trail.of_subject(subject, before, most)
            return [each for each in found if not by or each.by == by]
        return self._trail.of_actor(by, before, most) if by else self._trail.latest(before, most)
