"""What a market was set to is written from one revision to the next, by one worker each."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.margining import Margin, MarginMark, MarginMode
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import State
from pilotfish.ports import LedgerKey
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_follow, an_account, an_order

FIRST = MarginMark(
    account_id="follower-1",
    symbol=PERPETUAL,
    margin=Margin(Decimal("2.5"), MarginMode.ISOLATED),
    follows=frozenset({"follow-1", "follow-2"}),
    at_ms=EPOCH_MS,
    done=True,
    revision=1,
)


@pytest.mark.parametrize(
    "margin", [FIRST.margin, Margin(Decimal(5)), Margin(mode=MarginMode.CROSS), Margin()], ids=str
)
def test_a_mark_is_what_was_written(stores: Stores, margin: Margin) -> None:
    mark = replace(FIRST, margin=margin)
    assert stores.margins.get("follower-1", PERPETUAL) is None
    assert stores.margins.put(mark)
    assert stores.margins.get("follower-1", PERPETUAL) == mark


def test_each_market_and_account_has_its_own(stores: Stores) -> None:
    assert stores.margins.put(FIRST)
    assert stores.margins.put(replace(FIRST, symbol="ETH/USDT:USDT", done=False))
    assert stores.margins.put(replace(FIRST, account_id="follower-2", follows=frozenset()))
    assert stores.margins.get("follower-1", PERPETUAL) == FIRST


def test_two_workers_do_not_both_write_a_revision(workers: Workers) -> None:
    one, other = workers.another().margins, workers.another().margins
    assert one.put(FIRST)
    assert not other.put(replace(FIRST, done=False))
    second = replace(FIRST, done=False, revision=2)
    assert other.put(second)
    assert not one.put(replace(FIRST, revision=2))
    assert not one.put(replace(FIRST, revision=4))
    assert one.get("follower-1", PERPETUAL) == second


async def test_what_a_follow_holds_holds_the_market(stores: Stores) -> None:
    """Copies, whatever side they are of; those of other markets do not."""
    stores.accounts.save(an_account("leader"))
    stores.follows.save_all([a_follow(1)])
    order = an_order(position_side=PositionSide.SHORT, side=Side.SELL)
    key = LedgerKey(order.leader_id, order.symbol, order.position_side, 0)
    stores.ledgers.commit(key, Ledger(revision=1), [order])
    assert not stores.margins.holds([order.follow_id], order.symbol)
    claimed = await stores.orders.claim(order, order.quantity, EPOCH_MS)
    assert claimed is not None
    copied = replace(claimed, state=State.COPIED, filled_quantity=order.quantity)
    await stores.orders.record(claimed, copied)

    assert stores.margins.holds(["another", order.follow_id], order.symbol)
    assert not stores.margins.holds(["another"], order.symbol)
    assert not stores.margins.holds([order.follow_id], "ETH/USDT:USDT")
