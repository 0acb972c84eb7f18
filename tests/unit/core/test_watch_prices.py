"""A run that looks after what waits: one at a time, and only while something waits."""

import pytest

from pilotfish.usecases.await_prices import Looked
from pilotfish.usecases.watch_prices import LEASE_TTL_MS, LINGER_MS, LOOK_S, WatchPrices
from tests.fakes import simulate
from tests.fakes.clock import ManualClock
from tests.fakes.listening import MemoryLeases
from tests.fakes.tables import Tables

RUN_MS = 75_000


class Looks:
    """Finds so many waiting, one less each time; notes when it looked."""

    def __init__(self, clock: ManualClock, waiting: int) -> None:
        self.clock = clock
        self.waiting = waiting
        self.at_ms: list[int] = []

    async def __call__(self) -> Looked:
        self.at_ms.append(self.clock())
        self.waiting = max(0, self.waiting - 1)
        return Looked(self.waiting, released=1 if self.waiting else 0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def leases() -> MemoryLeases:
    return MemoryLeases(Tables())


def run(
    clock: ManualClock, leases: MemoryLeases, looks: Looks, *, stands_by: bool = True
) -> Looked:
    watch = WatchPrices(leases=leases, look=looks, clock=clock)
    return simulate(clock, watch("me", RUN_MS, stands_by=stands_by))


def test_it_looks_every_two_seconds_while_something_waits(
    clock: ManualClock, leases: MemoryLeases
) -> None:
    looks, began = Looks(clock, 1_000), clock()
    assert run(clock, leases, looks).released == len(looks.at_ms)
    assert [at - began for at in looks.at_ms] == list(range(0, RUN_MS, int(LOOK_S * 1000)))


def test_it_ends_soon_after_nothing_waits_any_more(
    clock: ManualClock, leases: MemoryLeases
) -> None:
    looks, began = Looks(clock, 2), clock()
    run(clock, leases, looks)
    assert LINGER_MS <= clock() - began <= LINGER_MS + 3 * LOOK_S * 1000
    assert leases.acquire("waits", "next", clock(), LEASE_TTL_MS) is not None


def test_who_was_woken_leaves_it_to_who_looks_already(
    clock: ManualClock, leases: MemoryLeases
) -> None:
    leases.acquire("waits", "other", clock(), RUN_MS)
    looks = Looks(clock, 1_000)
    assert run(clock, leases, looks, stands_by=False) == Looked()
    assert looks.at_ms == []


def test_the_next_run_takes_over_from_one_that_died(
    clock: ManualClock, leases: MemoryLeases
) -> None:
    leases.acquire("waits", "dead", clock(), LEASE_TTL_MS)
    looks, began = Looks(clock, 1_000), clock()
    run(clock, leases, looks)
    assert LEASE_TTL_MS <= looks.at_ms[0] - began <= LEASE_TTL_MS + 1_000


def test_who_lost_the_lease_stops(clock: ManualClock, leases: MemoryLeases) -> None:
    looks = Looks(clock, 1_000)

    async def robbed() -> Looked:
        if len(looks.at_ms) == 2:
            leases.acquire("waits", "other", clock() + LEASE_TTL_MS + 1, RUN_MS)
        return await looks()

    watch = WatchPrices(leases=leases, look=robbed, clock=clock)
    simulate(clock, watch("me", RUN_MS, stands_by=True))
    assert len(looks.at_ms) == 3
