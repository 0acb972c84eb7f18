"""Virtual time that goes on by instalments, with all that runs in the background."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.fakes.clock import ManualClock, VirtualTimeLoop, inline

T = TypeVar("T")


class Clockwork:
    """`run` lets time pass until its work is done; what was spawned stands still in between."""

    def __init__(self, clock: ManualClock) -> None:
        self._runner = asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        in_threads, asyncio.to_thread = asyncio.to_thread, inline
        try:
            return self._runner.run(work)
        finally:
            asyncio.to_thread = in_threads

    def close(self) -> None:
        self._runner.close()
