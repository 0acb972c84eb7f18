"""What a feed keeps for its reader, in order, and never more than so many."""

from collections import deque
from typing import Protocol

from pilotfish.domain.messages import Snapshot, Told


class Queue(Protocol):
    """`dropped` counts what was not kept."""

    dropped: int

    def take(self, seq: int, message: Told | None) -> None:
        """A message as it came; None where it could not be read."""

    def pop(self) -> Told | None:
        """The next for the reader, if there is one."""


class States:
    """The newest so many: what there is no room for drives the oldest out, what is old is dropped.

    On a channel of states the last message counts, so a slow reader skips.
    """

    def __init__(self, size: int) -> None:
        self._ready: deque[Told] = deque()
        self._size = size
        self._last = -1
        self.dropped = 0

    def take(self, seq: int, message: Told | None) -> None:
        """Numbers grow; one that is not higher is old."""
        if seq <= self._last:
            return
        self._last = seq
        if message is not None:
            self._ready.append(message)
        if len(self._ready) > self._size:
            self._ready.popleft()
            self.dropped += 1

    def pop(self) -> Told | None:
        """The oldest of the newest."""
        return self._ready.popleft() if self._ready else None


class Events:
    """Each event once, in the order of numbers without a hole.

    What is ahead waits for what is missing. What there is no room for is dropped and thereby
    missing: it is asked for again once the reader has caught up half of it, so a slow reader
    loses nothing that the server keeps (else it reads a `Snapshot`).
    """

    def __init__(self, size: int, last: int | None = None) -> None:
        self.last = last
        self.head = -1
        self.dropped = 0
        self._size = size
        self._ready: deque[Told] = deque()
        self._ahead: dict[int, Told | None] = {}

    def begin(self, head: int) -> None:
        """The number of the last event before the subscription; said again it changes nothing."""
        if self.last is None:
            self.last = head
            self._ahead = {seq: each for seq, each in self._ahead.items() if seq > head}
            self._move_up()

    def take(self, seq: int, message: Told | None) -> None:
        """In any order, and as often as may be."""
        if (self.last is not None and seq <= self.last) or seq in self._ahead:
            return
        self.head = max(self.head, seq)
        goes_on = seq - 1 == self.last and len(self._ready) < self._size
        if len(self._ahead) >= self._size and not goes_on:
            self.dropped += 1
            return
        self._ahead[seq] = message
        self._move_up()

    def replace(self, snapshot: Snapshot, asked: int) -> None:
        """Go on from a snapshot, unless all of it is known already.

        One that is before what was asked for says that the channel is numbered anew.
        """
        if self.last is not None and asked <= snapshot.seq <= self.last:
            return
        if snapshot.seq < asked:
            self._ahead.clear()
            self.head = snapshot.seq
        self.last = snapshot.seq
        self._ready.append(snapshot)
        self._ahead = {seq: each for seq, each in self._ahead.items() if seq > self.last}
        self._move_up()

    def pop(self) -> Told | None:
        """The next one, and room for those that wait."""
        if not self._ready:
            return None
        message = self._ready.popleft()
        self._move_up()
        return message

    @property
    def lacks(self) -> bool:
        """Whether something is missing that there is room for."""
        if self.last is None or len(self._ready) > self._size // 2:
            return False
        return self.head > self.last

    def _move_up(self) -> None:
        while (
            self.last is not None and len(self._ready) < self._size and self.last + 1 in self._ahead
        ):
            self.last += 1
            message = self._ahead.pop(self.last)
            if message is not None:
                self._ready.append(message)
