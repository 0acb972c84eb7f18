"""What a person asks of the history finds each order where it is now, in its order."""

from dataclasses import replace

import pytest

from pilotfish.domain.orders import FAILED, CopyOrder, State
from tests.contract.stores.conftest import Stores
from tests.contract.stores.test_orders import NOW_MS, ended, planned
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_follow, an_account, an_order


@pytest.fixture(autouse=True)
def followed(stores: Stores) -> None:
    stores.accounts.save(an_account("leader"))
    stores.follows.save_all([a_follow(1), a_follow(2)])


def traded(after_s: int, follow: int = 1, **more: object) -> CopyOrder:
    at_ms = EPOCH_MS + after_s * 1000
    fill_id = f"{at_ms:013d}-{PERPETUAL}-{after_s}"
    times = {"traded_ms": at_ms, "decided_ms": at_ms}
    return an_order(follow_id=f"follow-{follow}", fill_id=fill_id, **times | more)


async def failed(stores: Stores, order: CopyOrder, state: State, at_ms: int) -> CopyOrder:
    after = await stores.orders.record(order, replace(ended(order, state), answered_ms=at_ms))
    assert after is not None
    return after


async def test_a_follow_s_orders_come_oldest_first(stores: Stores) -> None:
    first, second, _ = planned(stores, traded(1), traded(2), traded(2, follow=2))
    assert stores.audit.of_follow("follow-1", 0, 10) == [first, second]
    assert stores.audit.of_follow("follow-1", first.traded_ms, 10) == [first, second]
    assert stores.audit.of_follow("follow-1", first.traded_ms + 1, 10) == [second]
    assert stores.audit.of_follow("follow-1", 0, 1) == [second]
    assert stores.audit.of_follow("follow-9", 0, 10) == []


async def test_a_leader_s_orders_are_those_of_all_follows_as_they_are_now(stores: Stores) -> None:
    orders = planned(stores, traded(1), traded(2), traded(2, follow=2))
    planned(stores, traded(3, leader_id="somebody else"))
    rejected = await failed(stores, orders[1], State.REJECTED, NOW_MS)
    assert stores.audit.of_leader("leader", 0, 10) == [orders[0], rejected, orders[2]]
    assert stores.audit.of_leader("leader", orders[1].traded_ms, 10) == [rejected, orders[2]]
    assert [o.traded_ms for o in stores.audit.of_leader("leader", 0, 2)] == [rejected.traded_ms] * 2
    assert stores.audit.of_leader("nobody", 0, 10) == []


async def test_more_orders_than_a_batch_holds(stores: Stores) -> None:
    for start in range(0, 120, 40):
        planned(stores, *(traded(start + n) for n in range(40)))
    assert len(stores.audit.of_leader("leader", 0, 1000)) == 120
    assert len(stores.audit.of_leader("leader", 0, 110)) == 110


@pytest.mark.parametrize("state", sorted(FAILED))
async def test_what_failed_is_found_by_its_state_and_time(stores: Stores, state: State) -> None:
    early, late, _ = planned(stores, traded(1), traded(2), traded(3))
    late = await failed(stores, late, state, NOW_MS + 9)
    early = await failed(stores, early, state, NOW_MS)
    assert stores.audit.in_state(state, 0, 10) == [early, late]
    assert stores.audit.in_state(state, NOW_MS + 1, 10) == [late]
    assert stores.audit.in_state(state, 0, 1) == [late]
    for other in FAILED - {state}:
        assert stores.audit.in_state(other, 0, 10) == []


async def test_what_is_on_its_way_is_found_by_its_state(stores: Stores) -> None:
    first, second = planned(stores, traded(1), traded(2))
    claimed = await stores.orders.claim(second, second.quantity, NOW_MS)
    assert stores.audit.in_state(State.PLANNED, 0, 10) == [first]
    assert stores.audit.in_state(State.SENT, 0, 10) == [claimed]
    assert stores.audit.in_state(State.UNKNOWN, 0, 10) == []


@pytest.mark.parametrize("state", [State.COPIED, State.SKIPPED])
async def test_no_index_has_what_went_well(stores: Stores, state: State) -> None:
    with pytest.raises(ValueError, match=state):
        stores.audit.in_state(state, 0, 10)


async def test_failures_of_every_kind_come_oldest_first(stores: Stores) -> None:
    orders = planned(stores, *(traded(n) for n in range(4)))
    states = [State.MANUAL, State.REJECTED, State.EXPIRED, State.SKIPPED]
    for n, state in reversed([*enumerate(states)]):
        await failed(stores, orders[n], state, NOW_MS + n)
    found = stores.audit.failed_since(NOW_MS, 10)
    assert [order.state for order in found] == states[:3]
    assert [o.state for o in stores.audit.failed_since(NOW_MS + 1, 10)] == states[1:3]
    assert [o.state for o in stores.audit.failed_since(NOW_MS, 2)] == states[:2]


async def test_one_that_came_back_to_life_takes_nobody_s_place(stores: Stores) -> None:
    orders = planned(stores, *(traded(n) for n in range(3)))
    after = [await failed(stores, o, State.REJECTED, NOW_MS + n) for n, o in enumerate(orders)]
    await failed(stores, after[0], State.UNSENT, NOW_MS + 9)
    assert stores.audit.failed_since(0, 2) == after[1:]


async def test_what_came_back_to_life_is_no_failure(stores: Stores) -> None:
    [order] = planned(stores, traded(1))
    rejected = await failed(stores, order, State.REJECTED, NOW_MS)
    await failed(stores, rejected, State.UNSENT, NOW_MS + 1)
    assert stores.audit.failed_since(0, 10) == []
    assert [o.state for o in stores.audit.in_state(State.UNSENT, 0, 10)] == [State.UNSENT]
