"""Requests that share calls: whoever asks, whenever, is answered."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.adapters.dynamo.batching import Gathered, Waiting
from tests.fakes import ManualClock, simulate


class Echo(Gathered[int, int]):
    """Answers each request with itself."""

    def __init__(self, lanes: int) -> None:
        super().__init__(None, lanes)  # type: ignore[arg-type]

    def _call(self, batch: list[Waiting[int, int]]) -> None:
        for waiting in batch:
            waiting.settle(waiting.request)

    async def ask(self, request: int) -> int:
        return await self._ask(request, 1)


# How many turns of the loop each of several workers lets pass before each of its requests.
pauses = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=5), min_size=1, max_size=6)


@given(pauses, st.integers(1, 3))
def test_no_request_is_forgotten(workers: list[list[int]], lanes: int) -> None:
    """`simulate` raises as soon as everybody waits for nothing."""

    async def work(asking: Echo, turns: list[int]) -> list[int]:
        answers = []
        for request, pause in enumerate(turns):
            for _ in range(pause):
                await asyncio.sleep(0)
            answers.append(await asking.ask(request))
        return answers

    async def all_of_them() -> Any:
        asking = Echo(lanes)
        return await asyncio.gather(*(work(asking, turns) for turns in workers))

    answers = simulate(ManualClock(), all_of_them())
    assert answers == [list(range(len(turns))) for turns in workers]
