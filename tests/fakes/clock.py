"""Time that passes only when a test lets it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

EPOCH_MS = 1_760_000_000_000

T = TypeVar("T")


class ManualClock:
    """The `Clock` port; stands still until it is told."""

    def __init__(self, now_ms: int = EPOCH_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """When nothing is left to do at this instant, the clock jumps to the next timer."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._started_ms = clock.now_ms
        super().__init__()
        self._clock_resolution = 0.0005  # Half of the clock's smallest step.

    def time(self) -> float:
        return (self._clock.now_ms - self._started_ms) / 1000

    def _run_once(self) -> None:
        if not self._ready:
            timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]
            if not timers:
                raise RuntimeError("everybody waits and no timer is set")
            next_ms = self._started_ms + round(min(timers) * 1000)
            self._clock.now_ms = max(self._clock.now_ms, next_ms)
        super()._run_once()


async def inline(work: Any, /, *args: Any, **kwargs: Any) -> Any:
    await asyncio.sleep(0)
    return work(*args, **kwargs)


def simulate(clock: ManualClock, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end in virtual time, threads included, the same way each time."""
    in_threads, asyncio.to_thread = asyncio.to_thread, inline
    try:
        with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
            return runner.run(main)
    finally:
        asyncio.to_thread = in_threads
