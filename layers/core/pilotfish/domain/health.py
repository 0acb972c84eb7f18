"""How the parts of the whole are."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Fitness(StrEnum):
    """OK; DEGRADED: it works, and a person should look; DOWN: it does not work."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


_WORST = (Fitness.DOWN, Fitness.DEGRADED, Fitness.OK)


@dataclass(frozen=True, slots=True)
class Part:
    """`says` is what was found; `age_ms` how old the oldest of what waits is, 0 where nothing."""

    name: str
    fitness: Fitness
    says: str
    age_ms: int = 0


def overall(parts: Iterable[Part]) -> Fitness:
    """As well as the least well of them."""
    found = {part.fitness for part in parts}
    return next((each for each in _WORST if each in found), Fitness.OK)
