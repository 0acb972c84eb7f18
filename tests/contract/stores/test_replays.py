"""A failed order comes back to life with its position and on its ledger's next revision, or not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.netting import Ledger, Line, Misses
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.replaying import reopened
from pilotfish.ports import LedgerConflict
from tests.contract.stores.conftest import Stores, Workers
from tests.contract.stores.test_orders import KEY, NOW_MS, ended, stored
from tests.fakes.samples import a_follow, an_account, an_order

LINES = {"follow-1": Line(Decimal(5), Decimal(5))}
LATER_MS = NOW_MS + 60_000


@pytest.fixture
async def rejected(stores: Stores) -> CopyOrder:
    stores.accounts.save(an_account("leader"))
    stores.follows.save(a_follow())
    order = an_order("5")
    assert stores.ledgers.commit(KEY, Ledger(LINES, 1), [order])
    after = await stores.orders.record(stored(stores, order), ended(order, State.REJECTED))
    assert after is not None
    return after


def missed(stores: Stores, order: CopyOrder) -> Misses:
    return stores.positions.booked({"follow-1": order.position_key})["follow-1"].misses


def reopen(stores: Stores, order: CopyOrder, revision: int = 2) -> CopyOrder | None:
    after = reopened(order, LATER_MS)
    return stores.replays.reopen(KEY, Ledger(LINES, revision), order, after)


async def test_what_was_missed_is_on_its_way_again(
    workers: Workers, stores: Stores, rejected: CopyOrder
) -> None:
    assert missed(stores, rejected) == Misses(entry=Decimal(5))
    after = reopen(stores, rejected)
    assert after == stored(workers.another(), rejected)
    assert after is not None
    assert (after.state, after.revision) == (State.UNSENT, rejected.revision + 1)
    assert [event.reason for event in after.history][-1] == "replayed"
    assert missed(stores, rejected) == Misses()
    assert stores.ledgers.load(KEY, fresh=True) == Ledger(LINES, 2)
    assert await stores.orders.claim(after, after.quantity, LATER_MS) is not None


async def test_of_two_replays_one_counts(stores: Stores, rejected: CopyOrder) -> None:
    first = reopen(stores, rejected)
    assert first is not None
    assert reopen(stores, rejected, revision=3) is None
    assert stored(stores, rejected) == first
    assert missed(stores, rejected) == Misses()
    assert stores.ledgers.load(KEY, fresh=True) == Ledger(LINES, 2)


@pytest.mark.parametrize("revision", [1, 3])
async def test_an_exit_that_was_decided_meanwhile_comes_first(
    stores: Stores, rejected: CopyOrder, revision: int
) -> None:
    with pytest.raises(LedgerConflict):
        reopen(stores, rejected, revision)
    assert stored(stores, rejected) == rejected
    assert missed(stores, rejected) == Misses(entry=Decimal(5))


async def test_what_had_arrived_is_held_after_all(stores: Stores, rejected: CopyOrder) -> None:
    found = replace(ended(rejected, State.COPIED), filled_quantity=Decimal(4))
    assert await stores.orders.record(rejected, found) is not None
    booked = stores.positions.booked({"follow-1": rejected.position_key})["follow-1"]
    assert (booked.copied, booked.misses) == (Decimal(4), Misses(entry=Decimal(1)))
    assert (await stores.orders.booked(rejected)).copied == 4
