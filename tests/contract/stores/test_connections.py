"""How connections are: health that only grows in what it knows."""

from decimal import Decimal

import pytest

from pilotfish.domain.connections import Health, Vitals
from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores
from tests.fakes import EPOCH_MS

WELL = Health(
    "leader",
    at_ms=EPOCH_MS,
    heard_ms=EPOCH_MS,
    fill_ms=EPOCH_MS - 5,
    streams=True,
    vitals=Vitals(-120, Decimal("0.93")),
)


def test_health_comes_back(stores: Stores, lease: Lease) -> None:
    stores.healths.save(WELL, lease)
    assert stores.healths.of(["leader", "nobody", "leader"]) == {"leader": WELL}
    assert stores.healths.of([]) == {}


def test_what_a_new_run_does_not_know_stays(stores: Stores, lease: Lease) -> None:
    stores.healths.save(WELL, lease)
    stores.healths.save(Health("leader").failed(EPOCH_MS + 9, "503"), lease)
    stores.healths.save(Health("leader").heard(EPOCH_MS + 20, 0, False, Vitals()), lease)
    found = stores.healths.of(["leader"])["leader"]
    assert (found.fill_ms, found.error, found.error_ms) == (EPOCH_MS - 5, "503", EPOCH_MS + 9)
    assert (found.heard_ms, found.streams, found.well) == (EPOCH_MS + 20, False, True)


def test_more_than_a_request_reads(stores: Stores, lease: Lease) -> None:
    names = [f"leader-{number}" for number in range(101)]
    for name in names:
        stores.healths.save(Health(name, EPOCH_MS), lease)
    assert sorted(stores.healths.of(names)) == sorted(names)


def test_a_stale_lease_says_nothing(stores: Stores, stale: Lease) -> None:
    with pytest.raises(LeaseLost):
        stores.healths.save(WELL, stale)
    assert stores.healths.of(["leader"]) == {}
