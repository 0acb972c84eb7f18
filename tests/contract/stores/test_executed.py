"""What was executed is found in its order, each once, and by what was written since."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.ports import Lease, LedgerKey
from tests.contract.stores.conftest import Stores
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill, a_follow, an_account, an_order

LEADER = an_account("leader")
KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)
LONG_AFTER_MS = EPOCH_MS + 86_400_000


@pytest.fixture(autouse=True)
def followed(stores: Stores) -> None:
    stores.accounts.save(LEADER)
    stores.follows.save_all([a_follow(1)])


def a_numbered_fill(number: int, **more: Any) -> Any:
    return a_fill(trade_id=str(number), traded_ms=EPOCH_MS + number, **more)


def test_fills_come_in_pages_in_the_order_of_trading(stores: Stores, lease: Lease) -> None:
    live = [a_numbered_fill(number) for number in (1, 3, 5)]
    stores.fills.add(LEADER, Holdings(), live, lease)
    stores.past_fills.add(LEADER, "s1", [a_numbered_fill(2), a_numbered_fill(4)])
    first = stores.executed.fills("leader", "", 2)
    assert [fill.trade_id for fill in first] == ["1", "2"]
    rest = stores.executed.fills("leader", first[-1].fill_id, 9)
    assert [fill.trade_id for fill in rest] == ["3", "4", "5"]
    assert stores.executed.fills("leader", rest[-1].fill_id, 9) == []
    assert stores.executed.fills("another", "", 9) == []


def test_live_fills_are_found_by_their_number_and_past_ones_have_none(
    stores: Stores, lease: Lease
) -> None:
    held = Holdings()
    stores.fills.add(LEADER, held, [a_numbered_fill(9)], lease)
    stores.fills.add(LEADER, held, [a_numbered_fill(1)], lease)
    stores.past_fills.add(LEADER, "s1", [a_numbered_fill(2)])
    late = a_numbered_fill(1).fill_id
    assert stores.executed.written_after("leader", 0, 9) == [
        (1, a_numbered_fill(9).fill_id),
        (2, late),
    ]
    assert stores.executed.written_after("leader", 1, 9) == [(2, late)]
    assert stores.executed.written_after("leader", 0, 1) == [(1, a_numbered_fill(9).fill_id)]
    assert stores.executed.written_after("leader", 2, 9) == []


async def test_a_copy_is_found_once_it_moved_a_position(stores: Stores) -> None:
    copied = await _ended(stores, "a", State.COPIED, EPOCH_MS + 50, filled_quantity=Decimal(1))
    partly = await _ended(stores, "b", State.EXPIRED, EPOCH_MS + 60, filled_quantity=Decimal("0.5"))
    await _ended(stores, "c", State.REJECTED, EPOCH_MS + 70)
    _plan(stores, "d")
    found = stores.executed.copies("follow-1", 0, LONG_AFTER_MS)
    assert found == [copied, partly]
    at_ms = copied.history[-1].at_ms
    assert stores.executed.copies("follow-1", at_ms, LONG_AFTER_MS) == [partly]
    assert stores.executed.copies("follow-1", 0, at_ms) == [copied]
    assert stores.executed.copies("follow-2", 0, LONG_AFTER_MS) == []


def _plan(stores: Stores, fill_id: str) -> CopyOrder:
    ledger = stores.ledgers.load(KEY, fresh=True) or Ledger()
    order = an_order(fill_id=fill_id)
    assert stores.ledgers.commit(KEY, replace(ledger, revision=ledger.revision + 1), [order])
    found = stores.orders.get("follow-1", order.order_key)
    assert found is not None
    return found


async def _ended(stores: Stores, fill_id: str, state: State, at_ms: int, **more: Any) -> CopyOrder:
    order = _plan(stores, fill_id)
    taken = await stores.orders.claim(order, Decimal(1), at_ms - 10)
    assert taken is not None
    after = replace(taken, state=state, answered_ms=at_ms, average_price=Decimal(100), **more)
    done = await stores.orders.record(taken, after)
    assert done is not None
    return done
