"""Write a page of past fills, no faster than its account's partition can take beside live ones."""

import asyncio
from collections.abc import Sequence

from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import Tally
from pilotfish.ports import Clock, PastFills

CHUNK = 100
LANES = 4


class Pace:
    """Lets `per_second` through on average, whoever asks, in the order of asking."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._free_ms = 0.0

    async def take(self, count: int) -> None:
        """Wait until `count` more may go."""
        now_ms = self._clock()
        start_ms = max(float(now_ms), self._free_ms)
        self._free_ms = start_ms + count * 1000 / self._per_second
        await asyncio.sleep((start_ms - now_ms) / 1000)


class WritePast:
    """Chunk by chunk, a few of them side by side."""

    def __init__(self, past_fills: PastFills, pace: Pace) -> None:
        self._past_fills = past_fills
        self._pace = pace

    async def __call__(self, account: Account, session_id: str, fills: Sequence[Fill]) -> Tally:
        """What became of them; after a failure some may be written, and the rest is not."""
        lanes = asyncio.Semaphore(LANES)

        async def write(chunk: Sequence[Fill]) -> Tally:
            async with lanes:
                await self._pace.take(len(chunk))
                return await asyncio.to_thread(self._past_fills.add, account, session_id, chunk)

        chunks = [fills[start : start + CHUNK] for start in range(0, len(fills), CHUNK)]
        return sum(await asyncio.gather(*map(write, chunks)), Tally())
