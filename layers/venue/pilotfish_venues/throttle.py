"""Request budgets: one of each account's own, and one that all accounts at an address share.

ccxt's own throttler refills only while somebody waits: the second request of an account pays for
the first in full, however long ago that was. These refill by the clock.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from time import monotonic

# A wait that is shorter than this is none.
_AT_ONCE_S = 0.001
_BEFORE_ALL = -1.0


class Bucket:
    """A token bucket that starts full: `capacity` tokens at once, then `per_second`."""

    def __init__(
        self, per_second: float, capacity: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._per_second = per_second
        self._capacity = capacity
        self._clock = clock
        self._tokens = capacity
        self._read_at = clock()

    def take(self, cost: float) -> float:
        """Spend `cost` now, into debt if need be, and return how many seconds to wait."""
        self._tokens = self._now() - cost
        return max(0.0, -self._tokens / self._per_second)

    def wait_s(self, cost: float) -> float:
        """How long until `cost` is there, or all that it holds if it costs more than that."""
        return max(0.0, (min(cost, self._capacity) - self._now()) / self._per_second)

    def headroom(self) -> float:
        """The part of the budget that is there now, from 0 to 1."""
        return max(0.0, min(1.0, self._now() / self._capacity))

    def give_back(self, cost: float) -> None:
        """Undo a `take` whose request is not made."""
        self._tokens += cost

    def keep_to(self, tokens: float) -> None:
        """No more than so many are there now, whatever we thought."""
        self._tokens = min(self._now(), tokens)

    def rest(self, seconds: float) -> None:
        """Nothing is there for so long."""
        self.keep_to(-seconds * self._per_second)

    def _now(self) -> float:
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._read_at) * self._per_second)
        self._read_at = now
        return self._tokens


class SharedBudget:
    """A bucket for many, in turn by what each has spent: whoever asks much waits for all others.

    An account that asks for a hundred pages lets one go first that asks for its first. `reserve`
    of the bucket is left to who goes `first`, before everybody: an order.
    """

    def __init__(self, bucket: Bucket, reserve: float = 0.0) -> None:
        self.bucket = bucket
        self._reserve = reserve
        self._forget()

    async def take(self, who: int, cost: float, *, first: bool = False) -> None:
        """Wait for one's turn, and spend `cost`; whoever is cancelled meanwhile spends nothing."""
        if asyncio.get_running_loop() is not self._loop:
            self._forget()  # Who waited in another loop is gone with it.
        needed = cost if first else cost + self._reserve
        if (first or not self._waiting) and self.bucket.wait_s(needed) < _AT_ONCE_S:
            self.bucket.take(cost)
            if not self._waiting:
                self._spent.clear()
            return
        turn = _BEFORE_ALL if first else max(self._turn, self._spent.get(who, 0.0))
        self._spent[who] = turn + cost
        let_go: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (turn, next(self._order), cost, needed, let_go))
        self._let_go()
        try:
            await let_go
        except asyncio.CancelledError:
            if let_go.done() and not let_go.cancelled():
                self.bucket.give_back(cost)
            raise

    def _forget(self) -> None:
        self._loop = _running()
        self._waiting: list[tuple[float, int, float, float, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._spent: dict[int, float] = {}
        self._turn = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def _let_go(self) -> None:
        """Whoever is next, as long as there is enough; then again when there will be."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            turn, _, cost, needed, let_go = self._waiting[0]
            wait_s = 0.0 if let_go.cancelled() else self.bucket.wait_s(needed)
            if wait_s >= _AT_ONCE_S:
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._let_go)
                return
            heapq.heappop(self._waiting)
            if not let_go.cancelled():
                self._turn = max(self._turn, turn)
                self.bucket.take(cost)
                let_go.set_result(None)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
