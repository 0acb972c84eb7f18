"""Looks at each part where its work shows: a part that cannot be looked at is down."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pilotfish.domain.asides import Aside
from pilotfish.domain.fills import Fill
from pilotfish.domain.halts import Halt
from pilotfish.domain.health import Fitness, Part
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus
from pilotfish.ports import Clock
from pilotfish.usecases.market import SHARD as MARKET

# A fill is decided and an order sent within a second or two; the sweep comes each minute.
LATE_MS = 30_000
STUCK_MS = 180_000
# Instruments are published every five minutes; sizing by older ones still works.
INSTRUMENTS_LATE_MS = 900_000
MOST = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signs:
    """What is read of the parts; what waits comes oldest first.

    `undecided` and `stale` take the time before which something has to have happened, `given_up`
    are messages in the queues of failures, by the queue's name.
    """

    held_until: Callable[[str], int]
    undecided: Callable[[int], Sequence[Fill]]
    stale: Callable[[int], Sequence[CopyOrder]]
    asides: Callable[[], Sequence[Aside]]
    syncs: Callable[[SyncStatus, int], Sequence[SyncSession]]
    halts: Callable[[], Sequence[Halt]]
    demanded: Callable[[], Sequence[str]]
    published_ms: Callable[[str], int]
    given_up: Callable[[], Mapping[str, int]]


class CheckHealth:
    """Needs no metrics: the oldest fill without a decision is how far the mapper is behind."""

    def __init__(self, *, signs: Signs, venues: Sequence[str], clock: Clock) -> None:
        self._signs = signs
        self._venues = venues
        self._clock = clock
        self._looks: Sequence[tuple[str, Callable[[str, int], Part]]] = (
            ("poller", self._poller),
            ("fills", self._fills),
            ("orders", self._orders),
            ("queues", self._queues),
            ("instruments", self._instruments),
            ("market", self._market),
            ("asides", self._asides),
            ("syncs", self._syncs),
            ("halts", self._halts),
        )

    def __call__(self) -> list[Part]:
        """Each part, always all of them."""
        return [self._looked(name, look) for name, look in self._looks]

    def _looked(self, name: str, look: Callable[[str, int], Part]) -> Part:
        try:
            return look(name, self._clock())
        except Exception as error:
            logger.exception("%s could not be looked at", name)
            return Part(name, Fitness.DOWN, f"could not be looked at: {type(error).__name__}")

    def _poller(self, name: str, now_ms: int) -> Part:
        until_ms = self._signs.held_until("0")
        if until_ms >= now_ms:
            return Part(name, Fitness.OK, "listens to leaders")
        return Part(name, Fitness.DOWN, "nobody listens to leaders", _since(until_ms, now_ms))

    def _fills(self, name: str, now_ms: int) -> Part:
        late = self._signs.undecided(now_ms - LATE_MS)
        oldest_ms = now_ms - min((fill.seen_ms for fill in late), default=now_ms)
        return _behind(name, len(late), oldest_ms, "fills have no decision yet")

    def _orders(self, name: str, now_ms: int) -> Part:
        late = self._signs.stale(now_ms - LATE_MS)
        moved_ms = (order.history[-1].at_ms for order in late)
        oldest_ms = now_ms - min(moved_ms, default=now_ms)
        return _behind(name, len(late), oldest_ms, "orders do not move")

    def _queues(self, name: str, _: int) -> Part:
        full = {queue: n for queue, n in sorted(self._signs.given_up().items()) if n}
        if not full:
            return Part(name, Fitness.OK, "nothing was given up")
        told = ", ".join(f"{queue} {n}" for queue, n in full.items())
        return Part(name, Fitness.DEGRADED, f"given up: {told}")

    def _instruments(self, name: str, now_ms: int) -> Part:
        published = {venue: self._signs.published_ms(venue) for venue in self._venues}
        late = [v for v, at_ms in published.items() if now_ms - at_ms > INSTRUMENTS_LATE_MS]
        if not late:
            return Part(name, Fitness.OK, f"of {len(published)} venues")
        oldest_ms = now_ms - max(0, min(published.values()))
        told = ", ".join(late)
        fitness = Fitness.DOWN if len(late) == len(published) else Fitness.DEGRADED
        return Part(name, fitness, f"not published lately: {told}", oldest_ms)

    def _market(self, name: str, now_ms: int) -> Part:
        until_ms = self._signs.held_until(MARKET)
        if until_ms >= now_ms:
            return Part(name, Fitness.OK, "tells prices")
        if not self._signs.demanded():
            return Part(name, Fitness.OK, "rests: nobody listens")
        return Part(name, Fitness.DEGRADED, "nobody tells prices", _since(until_ms, now_ms))

    def _asides(self, name: str, now_ms: int) -> Part:
        waiting = self._signs.asides()
        if not waiting:
            return Part(name, Fitness.OK, "nothing waits for a person")
        oldest_ms = now_ms - min(aside.seen_ms for aside in waiting)
        said = f"{_many(len(waiting))} reports wait for a person"
        return Part(name, Fitness.DEGRADED, said, oldest_ms)

    def _syncs(self, name: str, _: int) -> Part:
        failed = len(self._signs.syncs(SyncStatus.FAILED, MOST))
        running = len(self._signs.syncs(SyncStatus.RUNNING, MOST))
        said = f"{_many(running)} run, {_many(failed)} failed"
        return Part(name, Fitness.DEGRADED if failed else Fitness.OK, said)

    def _halts(self, name: str, now_ms: int) -> Part:
        standing = self._signs.halts()
        if not standing:
            return Part(name, Fitness.OK, "nothing is halted")
        told = ", ".join(halt.scope for halt in standing)
        oldest_ms = now_ms - min(halt.at_ms for halt in standing)
        return Part(name, Fitness.DEGRADED, f"entries are halted: {told}", oldest_ms)


def _since(at_ms: int, now_ms: int) -> int:
    """A lease that was let go says 0."""
    return now_ms - at_ms if at_ms else 0


def _behind(name: str, count: int, oldest_ms: int, what: str) -> Part:
    if not count:
        return Part(name, Fitness.OK, "nothing waits")
    fitness = Fitness.DOWN if oldest_ms > STUCK_MS else Fitness.DEGRADED
    return Part(name, fitness, f"{_many(count)} {what}", oldest_ms)


def _many(count: int) -> str:
    """Counted as far as one look goes."""
    return f"{count} or more" if count >= MOST else str(count)
