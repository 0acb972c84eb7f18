"""Twins of what operators do: halts, and the trail that every action leaves."""

from collections.abc import Callable, Iterable

from pilotfish.domain.halts import Halt, Standing
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.trail import Action
from tests.fakes.tables import Tables


class MemoryHalts:
    """The gate and the switch, on the same tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def stops(self, order: CopyOrder) -> bool:
        return Standing(self._tables.halts).stops(order)

    def standing(self) -> list[Halt]:
        return [halt for _, halt in sorted(self._tables.halts.items())]

    def put(self, halt: Halt, action: Action) -> None:
        self._tables.halts[halt.scope] = halt
        self._tables.trail.append(action)

    def lift(self, scope: str, action: Action) -> bool:
        if scope not in self._tables.halts:
            return False
        del self._tables.halts[scope]
        self._tables.trail.append(action)
        return True


class MemoryTrail:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def append(self, action: Action) -> None:
        self._tables.trail.append(action)

    def of_subject(self, subject: str, before: str, limit: int) -> list[Action]:
        return self._last(lambda action: action.subject == subject, before, limit)

    def of_actor(self, by: str, before: str, limit: int) -> list[Action]:
        return self._last(lambda action: action.by == by, before, limit)

    def latest(self, before: str, limit: int) -> list[Action]:
        return self._last(lambda action: action.operator, before, limit)

    def _last(self, wanted: Callable[[Action], bool], before: str, limit: int) -> list[Action]:
        found: Iterable[Action] = filter(wanted, self._tables.trail)
        earlier = [each for each in found if not before or each.action_id < before]
        return sorted(earlier, key=lambda action: action.action_id, reverse=True)[:limit]
