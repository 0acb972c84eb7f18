"""A mapping works on ParallelizationFactor batches at once, a partition key always in one."""

from __future__ import annotations

import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from pilotfish_local.aws.repairs.stream_batches import Record


class StoppedError(Exception):
    """The mapping was deleted or disabled; what is not handled stays in the stream."""


class Lane:
    """Records waiting for one of the concurrent batches, in stream order, and their thread.

    A record leaves the lane only when it was handled, so `first_position` is where to read again.
    """

    def __init__(
        self,
        name: str,
        deliver: Callable[[Sequence[Record]], None],
        batch_limits: Callable[[], tuple[int, float]],
    ) -> None:
        self._deliver = deliver
        self._batch_limits = batch_limits
        self._waiting: deque[tuple[int, Record]] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def put(self, position: int, record: Record) -> None:
        """Add a record and wake the lane."""
        with self._changed:
            self._waiting.append((position, record))
            if self._thread.ident is None:
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Hand out nothing more; a batch that is under way is not retried."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    @property
    def first_position(self) -> int | None:
        """The stream position of the oldest record that is not handled."""
        with self._changed:
            return self._waiting[0][0] if self._waiting else None

    def pause(self, seconds: float) -> None:
        """Wait before a retry; raise StoppedError when there is none to come."""
        end = time.monotonic() + seconds
        with self._changed:
            while not self._stopped and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            if self._stopped:
                raise StoppedError

    def _run(self) -> None:
        try:
            while batch := self._next_batch():
                self._deliver(batch)
                with self._changed:
                    for _ in batch:
                        self._waiting.popleft()
        except StoppedError:
            pass

    def _next_batch(self) -> list[Record]:
        """Up to BatchSize records, gathered for at most the batching window; none when stopped."""
        with self._changed:
            while not self._waiting and not self._stopped:
                self._changed.wait()
            size, window = self._batch_limits()
            end = time.monotonic() + window
            while len(self._waiting) < size and not self._stopped:
                if (left := end - time.monotonic()) <= 0:
                    break
                self._changed.wait(left)
            if self._stopped:
                return []
            return [record for _, record in list(self._waiting)[:size]]


def lane_of(record: Record, partition_key: str, lanes: int) -> int:
    """The lane of a record: the same for all records of one partition key."""
    value: Any = record["dynamodb"]["Keys"].get(partition_key)
    return zlib.crc32(repr(value).encode()) % lanes
