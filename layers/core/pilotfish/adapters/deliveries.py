"""What one call of the push still has to send: none waits behind the trouble of another."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilotfish.domain.posting import Posted


@dataclass(slots=True, eq=False)
class Delivery:
    """A connection's frames, of which `told` were taken; not before `not_before` (monotonic)."""

    connection_id: str
    frames: Sequence[bytes]
    told: int = 0
    attempts: int = 0
    not_before: float = 0.0
    began: float = 0.0

    @property
    def left(self) -> int:
        """Frames that were not taken."""
        return len(self.frames) - self.told


class Deliveries:
    """Shared by the threads of one call, and by those that outlive it."""

    def __init__(self, deliveries: Iterable[Delivery], until: float) -> None:
        self.until = until
        self._changed = threading.Condition()
        self._waiting = deque(deliveries)
        self._flying: set[Delivery] = set()
        self._posted = Posted()
        self._given_up = False

    def take(self) -> Delivery | None:
        """The next one to send, waiting for its moment if need be; None: there is none left."""
        with self._changed:
            while not self._given_up:
                now = time.monotonic()
                ready = next((d for d in self._waiting if d.not_before <= now), None)
                if ready is not None:
                    self._waiting.remove(ready)
                    ready.began = now
                    self._flying.add(ready)
                    return ready
                if not self._waiting:
                    return None
                self._changed.wait(min(d.not_before for d in self._waiting) - now)
            return None

    def put_back(self, delivery: Delivery) -> None:
        """It goes on later, behind the others."""
        with self._changed:
            self._flying.discard(delivery)
            self._waiting.append(delivery)
            self._changed.notify_all()

    def done(self, delivery: Delivery, dropped: str = "", *, gone: bool = False) -> None:
        """Nothing more is sent of it; `dropped` says why frames of it were not taken."""
        with self._changed:
            self._flying.discard(delivery)
            self._posted.frames += delivery.told
            if gone:
                self._posted.gone.add(delivery.connection_id)
            elif dropped:
                self._posted.behind.add(delivery.connection_id)
                self._posted.dropped[dropped] += delivery.left
            if not self._waiting:
                self._changed.notify_all()

    @property
    def over(self) -> bool:
        """Whether nobody waits for what is still under way."""
        return self._given_up or time.monotonic() > self.until

    def stuck(self, since_s: float) -> tuple[int, int]:
        """How many have been under way for so long, and how many others there are."""
        with self._changed:
            late = time.monotonic() - since_s
            stuck = sum(delivery.began <= late for delivery in self._flying)
            return stuck, len(self._flying) - stuck + len(self._waiting)

    def wait(self, most_s: float) -> None:
        """Until something changes."""
        with self._changed:
            if self._flying or self._waiting:
                self._changed.wait(most_s)

    def outcome(self) -> tuple[Posted, list[str]]:
        """What came of it so far, and which connections are still under way: they are behind."""
        with self._changed:
            self._given_up = True
            slow = sorted(delivery.connection_id for delivery in self._flying)
            for delivery in self._flying:
                self._posted.dropped["slow"] += delivery.left
                self._posted.behind.add(delivery.connection_id)
            for delivery in self._waiting:
                self._posted.dropped["late"] += delivery.left
                self._posted.behind.add(delivery.connection_id)
            self._waiting.clear()
            self._changed.notify_all()
            posted, self._posted = self._posted, Posted()
            return posted, slow
