"""A table's stream: at least once, in order by key, and what nobody can handle is set aside."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.matrix.workers import Crash

ATTEMPTS = 6  # The first, and `MaximumRetryAttempts`.
BATCH = 10
LATENCY_S = 0.05
BACKOFF_S = 0.2

Deliver = Callable[[list["Record"]], Awaitable[Iterable["Record"]]]
Spawn = Callable[[Any], Any]


@dataclass(eq=False)
class Record:
    """An image, or None for one that nobody can read."""

    image: Any
    attempts: int = 0


class Stream:
    """`deliver` answers with the records that failed; from the first of them on all come again."""

    def __init__(self, deliver: Deliver, key: Callable[[Any], str], spawn: Spawn) -> None:
        self._deliver = deliver
        self._key = key
        self._spawn = spawn
        self._waiting: dict[str, list[Record]] = defaultdict(list)
        self._pumped: set[str] = set()
        self._unacknowledged: set[str] = set()
        self.set_aside: list[Record] = []

    @property
    def idle(self) -> bool:
        return not any(self._waiting.values())

    def put(self, image: Any) -> None:
        self._put(self._key(image), [Record(image)])

    def poison(self, image: Any) -> None:
        """Put a record that nobody can read in front of the image, which comes again with it."""
        lane = self._key(image)
        self._unacknowledged.add(lane)
        self._put(lane, [Record(None)], ahead=True)

    def lose_answer(self, image: Any) -> None:
        """The answer to the batch that is under way gets lost: all of it comes again."""
        self._unacknowledged.add(self._key(image))

    def _put(self, lane: str, records: list[Record], *, ahead: bool = False) -> None:
        queue = self._waiting[lane]
        queue[:] = records + queue if ahead else queue + records
        if lane not in self._pumped:
            self._pumped.add(lane)
            self._spawn(self._pump(lane))

    async def _pump(self, lane: str) -> None:
        queue, size = self._waiting[lane], BATCH
        await asyncio.sleep(LATENCY_S)
        while queue:
            batch = queue[:size]
            failed = await self._attempt(batch)
            if lane in self._unacknowledged:
                self._unacknowledged.discard(lane)
                failed = failed or batch
            done = [record for record in batch if record not in failed]
            for record in done:
                queue.remove(record)
            size = BATCH
            if failed:
                size = 1  # Bisected: neighbours of what cannot be handled go on without it.
                await self._again(queue, failed[0])
        self._pumped.discard(lane)

    async def _attempt(self, batch: list[Record]) -> list[Record]:
        """The records that have to come again: the first that failed, and all behind it."""
        try:
            failed = set(await self._deliver(batch))
        except (Crash, Exception):  # noqa: BLE001 - the function failed as a whole
            return batch
        first = next((n for n, record in enumerate(batch) if record in failed), len(batch))
        return batch[first:]

    async def _again(self, queue: list[Record], first: Record) -> None:
        first.attempts += 1
        if first.attempts >= ATTEMPTS:
            queue.remove(first)
            self.set_aside.append(first)
            return
        await asyncio.sleep(BACKOFF_S * 2**first.attempts)
