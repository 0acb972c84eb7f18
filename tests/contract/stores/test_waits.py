"""Orders that wait: apart from those under way, and moved on with their ledger or not at all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.netting import Ledger, Line, Misses
from pilotfish.domain.orders import CopyOrder, Reason, State
from pilotfish.ports import LedgerConflict
from tests.contract.stores.conftest import Stores, Workers
from tests.contract.stores.test_orders import KEY, NOW_MS, stored
from tests.fakes.samples import an_account, an_order

THIRD = Decimal(1) / 3
LINES = {name: Line(Decimal(5), kept=THIRD, waiting=5 / THIRD) for name in ("follow-1", "follow-2")}


def waiting(follow: str, decided_ms: int = NOW_MS) -> CopyOrder:
    return an_order(
        "5",
        follow_id=follow,
        state=State.WAITING,
        limit_price=Decimal(99),
        waits_until_ms=NOW_MS + 60_000,
        waits_in="BTC/USDT:USDT#net#0",
        kept=THIRD,
        decided_ms=decided_ms,
    )


@pytest.fixture
def planned(stores: Stores) -> list[CopyOrder]:
    stores.accounts.save(an_account("leader"))
    orders = [waiting("follow-2", NOW_MS + 1), waiting("follow-1")]
    assert stores.ledgers.commit(KEY, Ledger(LINES, 1), orders)
    return [stored(stores, order) for order in reversed(orders)]


def released(order: CopyOrder) -> tuple[CopyOrder, CopyOrder]:
    return order, replace(order, state=State.PLANNED, quantity=Decimal(4))


def lapsed(order: CopyOrder) -> tuple[CopyOrder, CopyOrder]:
    reason = Reason.PRICE_NOT_REACHED
    return order, replace(order, state=State.EXPIRED, reason=reason, answered_ms=NOW_MS + 7)


def test_what_waits_is_found_by_when_it_began(
    workers: Workers, stores: Stores, planned: list[CopyOrder]
) -> None:
    assert workers.another().waits.waiting(10) == planned
    assert stores.waits.waiting(1) == planned[:1]


def test_what_waits_is_neither_under_way_nor_left_behind(
    stores: Stores, planned: list[CopyOrder]
) -> None:
    places = {(order.follow_id, order.position_key) for order in planned}
    assert stores.orders.under_way("leader") == set()
    assert stores.orders.under_way("leader", waiting=True) == places
    assert [o.follow_id for o in stores.audit.in_state(State.WAITING, 0, 9)] == [
        "follow-1",
        "follow-2",
    ]
    assert stores.orders.stale(NOW_MS + 10**9) == []


def test_a_line_knows_what_waits_exactly(workers: Workers, planned: list[CopyOrder]) -> None:
    assert workers.another().ledgers.load(KEY, fresh=True) == Ledger(LINES, 1)


async def test_what_is_let_go_is_under_way_and_can_be_claimed(
    workers: Workers, stores: Stores, planned: list[CopyOrder]
) -> None:
    assert stores.waits.move(KEY, Ledger({}, 2), [released(order) for order in planned])
    other = workers.another()
    assert other.waits.waiting(10) == []
    assert other.ledgers.load(KEY, fresh=True) == Ledger({}, 2)
    [first, _] = [stored(other, order) for order in planned]
    assert (first.state, first.quantity, first.revision) == (State.PLANNED, 4, 1)
    assert [step.state for step in first.history] == [State.WAITING, State.PLANNED]
    places = {(order.follow_id, order.position_key) for order in planned}
    assert other.orders.under_way("leader") == places


def test_what_lapsed_is_missed(stores: Stores, planned: list[CopyOrder]) -> None:
    assert stores.waits.move(KEY, Ledger({}, 2), [lapsed(order) for order in planned])
    key = planned[0].position_key
    booked = stores.positions.booked({"follow-1": key})["follow-1"]
    assert (booked.misses, booked.copied) == (Misses(entry=Decimal(5)), 0)
    assert booked.lapsed == {0: 5 / THIRD}


def test_one_that_moved_on_holds_all_of_them(stores: Stores, planned: list[CopyOrder]) -> None:
    first, second = planned
    assert stores.waits.move(KEY, Ledger(LINES, 2), [released(first)])
    for again in (released(first), lapsed(first)):
        assert not stores.waits.move(KEY, Ledger({}, 3), [again, lapsed(second)])
    assert stores.ledgers.load(KEY, fresh=True) == Ledger(LINES, 2)
    assert stored(stores, second) == second


@pytest.mark.parametrize("revision", [1, 3])
def test_an_exit_that_was_decided_meanwhile_comes_first(
    stores: Stores, planned: list[CopyOrder], revision: int
) -> None:
    with pytest.raises(LedgerConflict):
        stores.waits.move(KEY, Ledger({}, revision), [released(planned[0])])
    assert stored(stores, planned[0]) == planned[0]
    assert stores.waits.waiting(10) == planned
