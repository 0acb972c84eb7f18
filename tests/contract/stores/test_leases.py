"""One run listens to a shard; what it lost it can no longer write under."""

from decimal import Decimal

import pytest

from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.venues import Position
from pilotfish.ports import Cursor, Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS, ManualClock
from tests.fakes.samples import PERPETUAL, a_fill, an_account

TTL_MS = 6_000


def test_of_two_runs_one_gets_the_lease(workers: Workers, clock: ManualClock) -> None:
    first, second = workers.another(), workers.another()
    assert first.leases.acquire("0", "a", clock(), TTL_MS) is not None
    assert second.leases.acquire("0", "b", clock(), TTL_MS) is None
    assert second.leases.acquire("1", "b", clock(), TTL_MS) is not None


def test_an_expired_lease_is_taken_over_with_a_higher_fence(
    stores: Stores, clock: ManualClock
) -> None:
    before = stores.leases.acquire("0", "a", clock(), TTL_MS)
    clock.advance(6)
    assert stores.leases.acquire("0", "b", clock(), TTL_MS) is None
    clock.advance(0.001)
    after = stores.leases.acquire("0", "b", clock(), TTL_MS)
    assert before is not None
    assert after is not None
    assert after.fence > before.fence
    assert after.owner == "b"


def test_a_renewed_lease_lasts_from_the_renewal(stores: Stores, clock: ManualClock) -> None:
    lease = stores.leases.acquire("0", "a", clock(), TTL_MS)
    assert lease is not None
    clock.advance(5)
    renewed = stores.leases.renew(lease, clock(), TTL_MS)
    assert renewed.expires_ms == clock() + TTL_MS
    assert renewed.fence == lease.fence
    clock.advance(5)
    assert stores.leases.acquire("0", "b", clock(), TTL_MS) is None


def test_a_lost_lease_cannot_be_renewed(stores: Stores, stale: Lease, clock: ManualClock) -> None:
    with pytest.raises(LeaseLost):
        stores.leases.renew(stale, clock(), TTL_MS)


def test_a_released_lease_is_free_at_once(stores: Stores, lease: Lease, clock: ManualClock) -> None:
    stores.leases.release(lease)
    after = stores.leases.acquire("0", "b", clock(), TTL_MS)
    assert after is not None
    assert after.fence > lease.fence


def test_releasing_a_lost_lease_leaves_the_new_holder_alone(
    stores: Stores, stale: Lease, clock: ManualClock
) -> None:
    stores.leases.release(stale)
    assert stores.leases.acquire("0", "third", clock(), TTL_MS) is None


def test_a_stale_fence_writes_no_fills(stores: Stores, stale: Lease) -> None:
    held = Holdings()
    with pytest.raises(LeaseLost):
        stores.fills.add(an_account("leader"), held, [a_fill()], stale)
    assert held == Holdings()
    assert stores.fills.undecided(EPOCH_MS + 60_000) == []


def test_a_stale_fence_moves_no_cursor(stores: Stores, stale: Lease) -> None:
    with pytest.raises(LeaseLost):
        stores.cursors.save(Cursor("leader", EPOCH_MS, EPOCH_MS), stale)
    assert stores.cursors.load("leader") is None


def test_a_stale_fence_writes_no_baseline(stores: Stores, stale: Lease) -> None:
    with pytest.raises(LeaseLost):
        stores.positions.save_baseline(
            "leader", [Position(PERPETUAL, PositionSide.NET, Decimal(1))], stale
        )
    assert stores.positions.of_account("leader") is None


def test_the_cursor_comes_back_as_saved(workers: Workers, stores: Stores, lease: Lease) -> None:
    cursor = Cursor("leader", EPOCH_MS, EPOCH_MS + 5, frozenset({PERPETUAL, "ETH/USDT"}))
    stores.cursors.save(cursor, lease)
    assert workers.another().cursors.load("leader") == cursor
    assert stores.cursors.load("somebody else") is None
