"""A ledger moves together with the orders that it decided, once for each fill."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.netting import Ledger, Line, Misses
from pilotfish.domain.orders import Reason, State
from pilotfish.ports import LedgerConflict, LedgerKey
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, an_order

KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)
ORDER = an_order()


def ledger(target: str, revision: int) -> Ledger:
    return Ledger({"follow-1": Line(Decimal(target), Decimal(1))}, revision)


def test_there_is_no_ledger_at_first(stores: Stores) -> None:
    assert stores.ledgers.load(KEY, fresh=False) is None
    assert stores.ledgers.load(KEY, fresh=True) is None


def test_a_commit_writes_the_ledger_and_its_orders(workers: Workers, stores: Stores) -> None:
    skipped = an_order(follow_id="follow-2", state=State.SKIPPED, reason=Reason.BELOW_LOT)
    assert stores.ledgers.commit(KEY, ledger("1.5", 1), [ORDER, skipped])
    other = workers.another()
    assert other.ledgers.load(KEY, fresh=False) == ledger("1.5", 1)
    for order in (ORDER, skipped):
        stored = other.orders.get(order.follow_id, order.order_key)
        assert stored is not None
        assert replace(stored, history=()) == order
        assert [event.state for event in stored.history] == [order.state]


def test_lines_are_exact(workers: Workers, stores: Stores) -> None:
    third = Decimal(1) / 3
    line = Line(third, Decimal("-1E-8"), Misses(Decimal("0.1"), -third))
    stores.ledgers.commit(KEY, Ledger({"follow-1": line}, 1), [])
    assert workers.another().ledgers.load(KEY, fresh=True) == Ledger({"follow-1": line}, 1)


def test_a_fill_is_decided_once(workers: Workers, stores: Stores) -> None:
    stores.ledgers.commit(KEY, ledger("1", 1), [ORDER])
    for worker in (stores, workers.another()):
        assert not worker.ledgers.commit(KEY, ledger("2", 2), [ORDER])
    assert stores.ledgers.load(KEY, fresh=True) == ledger("1", 1)


def test_one_order_that_exists_keeps_all_the_others_from_being_written(stores: Stores) -> None:
    stores.ledgers.commit(KEY, ledger("1", 1), [ORDER])
    late = an_order(follow_id="follow-2")
    assert not stores.ledgers.commit(KEY, ledger("2", 2), [ORDER, late])
    assert stores.orders.get("follow-2", late.order_key) is None


def test_of_two_workers_who_decide_at_once_one_has_to_look_again(
    workers: Workers, stores: Stores
) -> None:
    other = workers.another()
    stores.ledgers.commit(KEY, ledger("1", 1), [])
    assert other.ledgers.load(KEY, fresh=False) == ledger("1", 1)
    stores.ledgers.commit(KEY, ledger("2", 2), [ORDER])
    theirs = an_order(fill_id="another fill")
    with pytest.raises(LedgerConflict):
        other.ledgers.commit(KEY, ledger("3", 2), [theirs])
    assert other.orders.get("follow-1", theirs.order_key) is None
    assert other.ledgers.load(KEY, fresh=True) == ledger("2", 2)


def test_after_a_conflict_the_stored_ledger_is_loaded(workers: Workers, stores: Stores) -> None:
    other = workers.another()
    stores.ledgers.commit(KEY, ledger("1", 1), [])
    other.ledgers.load(KEY, fresh=False)
    stores.ledgers.commit(KEY, ledger("2", 2), [])
    with pytest.raises(LedgerConflict):
        other.ledgers.commit(KEY, ledger("9", 2), [])
    assert other.ledgers.load(KEY, fresh=False) == ledger("2", 2)


def test_shards_symbols_and_sides_have_ledgers_of_their_own(stores: Stores) -> None:
    keys = [
        KEY,
        replace(KEY, shard=1),
        replace(KEY, symbol="ETH/USDT:USDT"),
        replace(KEY, position_side=PositionSide.LONG),
        replace(KEY, leader_id="another leader"),
    ]
    for number, key in enumerate(keys):
        stores.ledgers.commit(key, ledger(str(number), 1), [])
    targets = [stores.ledgers.load(key, fresh=True) for key in keys]
    assert targets == [ledger(str(number), 1) for number in range(len(keys))]


def test_a_full_shard_of_flips_fits_in_one_commit(stores: Stores) -> None:
    orders = [
        an_order(follow_id=f"follow-{number}", leg=leg)
        for number in range(48)
        for leg in ("entry", "exit")
    ]
    assert stores.ledgers.commit(KEY, ledger("1", 1), orders)
    assert len(stores.orders.stale(EPOCH_MS + 1)) == 96
