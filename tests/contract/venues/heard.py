"""What an account's stream tells, bare and through a Listener."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside
from pilotfish.domain.fills import Fill
from pilotfish.usecases.listen import Listener
from tests.fakes.asides import MemoryAsides
from tests.fakes.clock import ManualClock
from tests.fakes.healths import MemoryHealths
from tests.fakes.listening import MemoryCursors, MemoryFills, MemoryLeases, MemoryPositions
from tests.fakes.tables import Tables

SOON_S = 5.0


class Heard:
    """What an account streams, and how its stream ends."""

    def __init__(self, account: Any) -> None:
        self.fills: list[Fill] = []
        self.asides: list[Aside] = []
        self.connected = asyncio.Event()
        self.task = asyncio.create_task(self._run(account))

    async def _run(self, account: Any) -> None:
        async for batch in account.watch_fills(self.connected):
            self.fills += [report for report in batch if isinstance(report, Fill)]
            self.asides += [report for report in batch if isinstance(report, Aside)]

    async def until(self, count: int) -> list[Fill]:
        async with asyncio.timeout(SOON_S):
            while len(self.fills) < count and not self.task.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self.fills

    async def end(self) -> None:
        await asyncio.wait_for(self.task, SOON_S)


class Leader:
    """An account behind a Listener, and what was written down of it."""

    def __init__(
        self,
        venues: Any,
        account: Account,
        tables: Tables | None = None,
        clock: ManualClock | None = None,
    ) -> None:
        self.tables = tables or Tables()
        self._venues = venues
        self._account = account
        self._clock = clock or ManualClock()

    @asynccontextmanager
    async def listened_to(self) -> AsyncIterator[None]:
        tables, clock = self.tables, self._clock
        leases = MemoryLeases(tables)
        lease = leases.acquire("0", "run", clock(), 3_600_000)
        assert lease is not None
        listener = Listener(
            self._account,
            lease,
            venues=self._venues,
            fills=MemoryFills(tables),
            asides=MemoryAsides(tables),
            healths=MemoryHealths(tables),
            cursors=MemoryCursors(tables),
            positions=MemoryPositions(tables),
            clock=clock,
        )
        task = asyncio.create_task(listener.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            leases.release(lease)

    async def wrote(self, *quantities: str) -> None:
        """Wait until these are written down, in any order, and see that nothing else is."""
        expected = sorted(map(Decimal, quantities))
        async with asyncio.timeout(SOON_S):
            while len(self.tables.fills) < len(expected):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert sorted(fill.quantity for fill in self.tables.fills.values()) == expected


async def streams(exchange: Any, count: int, account: str = "ann") -> None:
    """Wait until so many connections listen."""
    async with asyncio.timeout(SOON_S):
        while (await exchange.call("GET", "streams")).get(account, 0) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
