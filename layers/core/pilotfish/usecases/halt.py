"""The kill switch: an operator stops entries, of everything, a venue or a leader, and lets go."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pilotfish.domain.halts import Halt, checked_scope
from pilotfish.domain.trail import Action, Verb
from pilotfish.ports import Clock


class Halts(Protocol):
    """What is halted; each change is written with its line in the trail, or not at all."""

    def standing(self) -> Sequence[Halt]: ...

    def put(self, halt: Halt, action: Action) -> None: ...

    def lift(self, scope: str, action: Action) -> bool:
        """False when nothing of the kind stands."""


class NotHalted(LookupError):
    """There is nothing to lift; the message names it."""


class HaltEntries:
    """Entries stop within a second of the answer's being on its way; exits are sent as before.

    What is stopped ends SKIPPED with `halted`, and is not made up for once the halt is lifted.
    """

    def __init__(self, *, halts: Halts, clock: Clock, new_number: Callable[[], str]) -> None:
        self._halts = halts
        self._clock = clock
        self._new_number = new_number

    def standing(self) -> list[Halt]:
        """All of them, the oldest first."""
        return sorted(self._halts.standing(), key=lambda halt: (halt.at_ms, halt.scope))

    def halt(self, scope: str, by: str, why: str) -> Halt:
        """Also what is halted already, for another reason; raises `BadScope` and `NoReason`."""
        halt = Halt(checked_scope(scope), by, self._clock(), why)
        self._halts.put(halt, self._action(scope, by, Verb.HALT, why))
        return halt

    def lift(self, scope: str, by: str, why: str) -> None:
        """Raises `BadScope`, `NoReason` and `NotHalted`."""
        if not self._halts.lift(checked_scope(scope), self._action(scope, by, Verb.LIFT, why)):
            raise NotHalted(f"{scope} is not halted")

    def _action(self, scope: str, by: str, verb: Verb, why: str) -> Action:
        """A leader is an account: what is done to it is found there."""
        subject = scope.removeprefix("leader:")
        return Action(subject, self._clock(), self._new_number(), by, verb, why, scope)
