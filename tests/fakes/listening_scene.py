"""A leader at a venue, and what the poller writes down of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside
from pilotfish.domain.fills import Fill
from pilotfish.ports import Lease
from pilotfish.usecases.listen import Listener
from pilotfish.usecases.poll import Poll
from tests.fakes.asides import MemoryAsides
from tests.fakes.clock import ManualClock
from tests.fakes.copying import MemoryAccounts
from tests.fakes.healths import MemoryHealths
from tests.fakes.listening import MemoryCursors, MemoryFills, MemoryLeases, MemoryPositions
from tests.fakes.samples import an_account
from tests.fakes.tables import Tables
from tests.fakes.venue import ModelVenue, ModelVenues


class ListeningScene:
    """Runs listeners and polls in the virtual time of `simulate`."""

    def __init__(self, **venue: Any) -> None:
        self.clock = ManualClock()
        self.tables = Tables()
        self.accounts, self.leases = MemoryAccounts(self.tables), MemoryLeases(self.tables)
        self.fills, self.cursors = MemoryFills(self.tables), MemoryCursors(self.tables)
        self.positions = MemoryPositions(self.tables)
        self.asides = MemoryAsides(self.tables)
        self.healths = MemoryHealths(self.tables)
        self.told: list[Aside] = []
        self.random: Callable[[], float] = lambda: 1.0
        self.venues = ModelVenues()
        self.leader = an_account("leader", listen_shard="0")
        self.accounts.save(self.leader)
        self.venue = ModelVenue(self.clock, "leader", **venue)
        self.venues.of["leader"] = self.venue

    def lease(self, owner: str = "run") -> Lease:
        """The lease of shard 0, for an hour."""
        lease = self.leases.acquire("0", owner, self.clock(), 3_600_000)
        assert lease is not None
        return lease

    def listener(self, account: Account, lease: Lease) -> Listener:
        return Listener(
            account,
            lease,
            venues=self.venues,
            fills=self.fills,
            asides=self.asides,
            healths=self.healths,
            cursors=self.cursors,
            positions=self.positions,
            clock=self.clock,
            random=self.random,
            on_aside=self.told.append,
        )

    def poll(self) -> Poll:
        return Poll(
            leases=self.leases, accounts=self.accounts, listener=self.listener, clock=self.clock
        )

    @contextlib.asynccontextmanager
    async def listening(self, lease: Lease) -> AsyncIterator["asyncio.Task[None]"]:
        """A listener that runs beside the block, and is through with its baseline."""
        task = asyncio.create_task(self.listener(self.leader, lease).run())
        await asyncio.sleep(0.1)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def written(self) -> list[Fill]:
        """In the order of writing."""
        return list(self.tables.fills.values())

    def quantities(self) -> list[Decimal]:
        return [fill.signed_quantity for fill in self.written()]

    def befores(self) -> list[Decimal]:
        return [fill.position_before for fill in self.written()]
