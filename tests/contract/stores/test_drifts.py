"""What is gone leaves ledger and position with a line of history, all of it or nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.drift import Copy, closed_elsewhere
from pilotfish.domain.fills import Side
from pilotfish.domain.netting import Booked, Ledger, Line, Misses
from pilotfish.domain.orders import CopyOrder, Leg, State
from tests.contract.stores.conftest import Stores, Workers
from tests.contract.stores.test_orders import KEY, NOW_MS, ended, stored
from tests.fakes.samples import PERPETUAL, a_follow, an_account, an_order

NET = f"{PERPETUAL}#net"
LEFT = Ledger({"follow-1": Line(Decimal(3), Decimal(3))}, 2)
GONE = Decimal(2)


@pytest.fixture
async def copied(stores: Stores) -> CopyOrder:
    """Five are held, on the ledger's first revision."""
    stores.accounts.save(an_account("leader"))
    stores.follows.save(a_follow())
    order = an_order("5")
    lines = {"follow-1": Line(Decimal(5), Decimal(5))}
    assert stores.ledgers.commit(KEY, Ledger(lines, 1), [order])
    after = await stores.orders.record(
        stored(stores, order), ended(order, State.COPIED, filled_quantity=Decimal(5))
    )
    assert after is not None
    return after


def record(gone: Decimal = GONE, revision: int = 2) -> CopyOrder:
    copy = Copy(a_follow(), NET, Booked(Decimal(5)))
    return closed_elsewhere(copy, gone, Decimal("0.001"), Decimal(90), revision, NOW_MS)


def held(stores: Stores) -> Decimal:
    return stores.positions.of_follow("follow-1")[NET].copied


async def test_what_is_gone_leaves_the_books(
    workers: Workers, stores: Stores, copied: CopyOrder
) -> None:
    assert stores.drifts.accept(KEY, LEFT, Decimal(5), record())
    other = workers.another()
    assert held(other) == 3
    assert other.positions.of_follow("follow-1")[NET].written_off == 2 * 90
    assert other.ledgers.load(KEY, fresh=True) == LEFT
    kept = stored(other, record())
    assert replace(kept, history=()) == record()
    assert [(event.at_ms, event.state) for event in kept.history] == [(NOW_MS, State.SKIPPED)]
    assert (await other.orders.booked(copied)).copied == 3


async def test_what_nobody_knows_the_price_of_was_worth_nothing(
    stores: Stores, copied: CopyOrder
) -> None:
    unpriced = replace(record(), reference_price=Decimal(0))
    assert stores.drifts.accept(KEY, LEFT, Decimal(5), unpriced)
    assert held(stores) == 3
    assert stores.positions.of_follow("follow-1")[NET].written_off == 0


async def test_a_short_position_grows_towards_zero(stores: Stores, copied: CopyOrder) -> None:
    short = replace(copied, side=Side.SELL, follow_id="follow-2")
    planned = replace(short, state=State.PLANNED, filled_quantity=Decimal(0), history=())
    assert stores.ledgers.commit(KEY, replace(LEFT, revision=2), [planned])
    assert await stores.orders.record(stored(stores, planned), short)
    gone = replace(record(-GONE, 3), follow_id="follow-2")
    assert stores.drifts.accept(KEY, replace(LEFT, revision=3), Decimal(-5), gone)
    assert stores.positions.of_follow("follow-2")[NET].copied == -3
    assert held(stores) == 5


async def test_what_is_bought_back_is_planned_with_it(
    workers: Workers, stores: Stores, copied: CopyOrder
) -> None:
    back = an_order("2", fill_id="restored~2")
    assert stores.drifts.accept(KEY, LEFT, Decimal(5), record(), back)
    kept = stored(workers.another(), back)
    assert (kept.state, kept.quantity, kept.revision) == (State.PLANNED, 2, 0)
    assert held(stores) == 3
    assert stores.orders.under_way("leader") == {("follow-1", NET)}


async def test_nothing_is_bought_back_when_something_moved(
    stores: Stores, copied: CopyOrder
) -> None:
    back = an_order("2", fill_id="restored~2")
    assert not stores.drifts.accept(KEY, LEFT, Decimal(4), record(), back)
    assert stores.orders.get(back.follow_id, back.order_key) is None


@pytest.mark.parametrize("revision", [1, 3])
async def test_what_was_decided_meanwhile_comes_first(
    stores: Stores, copied: CopyOrder, revision: int
) -> None:
    before = stores.ledgers.load(KEY, fresh=True)
    ledger = replace(LEFT, revision=revision)
    assert not stores.drifts.accept(KEY, ledger, Decimal(5), record())
    assert held(stores) == 5
    assert stores.ledgers.load(KEY, fresh=True) == before
    assert stores.orders.get("follow-1", record().order_key) is None


@pytest.mark.parametrize("seen", [Decimal(4), Decimal(0)])
async def test_what_was_filled_meanwhile_comes_first(
    stores: Stores, copied: CopyOrder, seen: Decimal
) -> None:
    before = stores.ledgers.load(KEY, fresh=True)
    assert not stores.drifts.accept(KEY, LEFT, seen, record())
    assert held(stores) == 5
    assert stores.ledgers.load(KEY, fresh=True) == before
    assert stores.orders.get("follow-1", record().order_key) is None


async def test_of_two_runs_one_counts(workers: Workers, stores: Stores, copied: CopyOrder) -> None:
    assert stores.drifts.accept(KEY, LEFT, Decimal(5), record())
    assert not workers.another().drifts.accept(KEY, LEFT, Decimal(5), record())
    assert held(stores) == 3


async def test_a_mapper_that_knew_the_ledger_looks_again(
    workers: Workers, stores: Stores, copied: CopyOrder
) -> None:
    mapper = workers.another()
    assert mapper.ledgers.load(KEY, fresh=False) is not None
    assert stores.drifts.accept(KEY, LEFT, Decimal(5), record())
    assert mapper.ledgers.load(KEY, fresh=True) == LEFT


async def test_all_that_a_follow_holds_and_missed(stores: Stores, copied: CopyOrder) -> None:
    assert stores.positions.of_follow("somebody else") == {}
    missed = an_order("3", symbol="ETH/USDT:USDT", fill_id="another fill", leg=Leg.ENTRY)
    assert stores.ledgers.commit(KEY, LEFT, [missed])
    refused = ended(missed, State.REJECTED)
    assert await stores.orders.record(stored(stores, missed), refused)
    assert stores.positions.of_follow("follow-1") == {
        NET: Booked(Decimal(5), closable=Decimal(5), exposed=Decimal(5)),
        "ETH/USDT:USDT#net": Booked(misses=Misses(entry=Decimal(3)), lapsed={0: Decimal(3)}),
    }
