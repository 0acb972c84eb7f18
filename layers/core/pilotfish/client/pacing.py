"""When to try again, and how fast to speak."""

import asyncio
import random
from collections import deque
from collections.abc import Callable

Rng = Callable[[], float]


class Backoff:
    """Waits that double up to a longest one, half of each random; short once it went well.

    It went well when a connection lasted: a server that admits and hangs up at once is not
    stormed.
    """

    def __init__(
        self, first: float, longest: float, min_connected: float, rng: Rng = random.random
    ) -> None:
        self._first = first
        self._longest = longest
        self._min_connected = min_connected
        self._rng = rng
        self._failed = 0

    def ended(self, lasted: float) -> float:
        """How long to wait after a connection that lasted so long (0: there was none)."""
        if lasted >= self._min_connected:
            self._failed = 0
        whole = min(self._longest, self._first * 2.0 ** min(self._failed, 30))
        self._failed += 1
        return whole / 2 * (1 + self._rng())


class Pace:
    """At most so many in any second; turns are taken in the order of asking."""

    def __init__(self, a_second: int) -> None:
        self._sent: deque[float] = deque(maxlen=a_second)
        self._turn = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until another one may go."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            if len(self._sent) == self._sent.maxlen:
                await asyncio.sleep(max(0.0, self._sent[0] + 1.05 - loop.time()))
            self._sent.append(loop.time())
