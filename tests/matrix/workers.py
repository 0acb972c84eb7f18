"""Who does the work in a world of faults: workers that die, and clocks that are off."""

from contextvars import ContextVar
from dataclasses import dataclass


class Crash(BaseException):
    """The worker is gone; no handler of its own sees this."""


class TableTimeout(Exception):
    """A table, or the saga's service, did not answer in time."""


class Throttled(Exception):
    """A table, or the saga's service, has no capacity at the moment."""


@dataclass(eq=False)
class Worker:
    """One invocation of a function; `skew_ms` is how far its clock is ahead."""

    name: str
    skew_ms: int = 0
    alive: bool = True

    def die(self) -> None:
        self.alive = False
        raise Crash(self.name)

    def require_alive(self) -> None:
        """The dead reach neither a table nor a venue."""
        if not self.alive:
            raise Crash(self.name)


WORKER: ContextVar[Worker] = ContextVar("worker")
OUTSIDE = Worker("outside")


def at_work() -> Worker:
    return WORKER.get(OUTSIDE)
