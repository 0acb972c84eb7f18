"""Where a follow stands as a whole, and that no two of its entries go by the same standing."""

import asyncio
from decimal import Decimal

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.limits import DAY_MS, Exposure
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.ports import LedgerKey, PositionMoved
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_follow, an_account, an_order

NOW_MS = EPOCH_MS + 500
ETH = "ETH/USDT:USDT"
LOT = Decimal("0.001")


@pytest.fixture(autouse=True)
def followed(stores: Stores) -> None:
    stores.accounts.save(an_account("leader"))
    stores.follows.save_all([a_follow(1), a_follow(2)])


def planned(stores: Stores, number: int, symbol: str = PERPETUAL, **more: object) -> CopyOrder:
    """One of several entries in different positions of the leader's."""
    fields = {"max_total": Decimal(1000), "max_trades": 3, "leader_order": f"o{number}", "lot": LOT}
    order = an_order(
        "2", symbol=symbol, fill_id=f"{EPOCH_MS:013d}-{symbol}-{number}", **fields | more
    )
    key = LedgerKey("leader", f"{symbol}{number}", PositionSide.NET, 0)
    assert stores.ledgers.commit(key, Ledger(revision=1), [order])
    stored = stores.orders.get(order.follow_id, order.order_key)
    assert stored is not None
    return stored


async def claim(stores: Stores, order: CopyOrder, at_ms: int = NOW_MS) -> CopyOrder:
    standing = await stores.orders.standing(order)
    claimed = await stores.orders.claim(order, order.quantity, at_ms, standing)
    assert claimed is not None
    return claimed


async def test_a_follow_that_did_nothing_stands_at_nothing(stores: Stores) -> None:
    standing = await stores.orders.standing(planned(stores, 1))
    assert (dict(standing.exposures), standing.revision, standing.orders) == ({}, 0, ())


async def test_what_is_claimed_is_exposed_at_the_leaders_price_until_it_is_known(
    workers: Workers, stores: Stores
) -> None:
    order = planned(stores, 1)
    claimed = await claim(stores, order)
    other = workers.another()
    standing = await other.orders.standing(planned(stores, 2, ETH))
    assert standing.exposures == {f"{PERPETUAL}#net": Exposure(Decimal(2), Decimal(100), LOT)}
    assert (standing.revision, standing.orders) == (1, ("o1",))
    done = {"filled_quantity": Decimal("1.5"), "average_price": Decimal(90), "answered_ms": NOW_MS}
    assert await stores.orders.record(claimed, _copied(claimed, **done))
    standing = await other.orders.standing(order)
    assert standing.exposures == {f"{PERPETUAL}#net": Exposure(Decimal("1.5"), Decimal(90), LOT)}


def _copied(order: CopyOrder, **more: object) -> CopyOrder:
    from dataclasses import replace

    return replace(order, state=State.COPIED, **more)  # type: ignore[arg-type]


async def test_an_entry_does_not_go_by_where_its_follow_stood(
    workers: Workers, stores: Stores
) -> None:
    first, second = planned(stores, 1), planned(stores, 2, ETH)
    stood = await stores.orders.standing(second)
    await claim(stores, first)
    for worker in (stores, workers.another()):
        with pytest.raises(PositionMoved):
            await worker.orders.claim(second, second.quantity, NOW_MS, stood)
    assert stores.orders.get(second.follow_id, second.order_key) == second
    await claim(stores, second)


async def test_of_entries_that_read_the_same_one_goes_on(workers: Workers, stores: Stores) -> None:
    orders = [planned(stores, number, symbol) for number, symbol in enumerate((PERPETUAL, ETH))]
    racers = [stores, workers.another()]
    stood = [await w.orders.standing(o) for w, o in zip(racers, orders, strict=True)]
    claims = await asyncio.gather(
        *(
            worker.orders.claim(order, order.quantity, NOW_MS, standing)
            for worker, order, standing in zip(racers, orders, stood, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(claim, CopyOrder) for claim in claims) == 1
    assert sum(isinstance(claim, PositionMoved) for claim in claims) == 1


async def test_other_follows_do_not_matter(stores: Stores) -> None:
    stood = await stores.orders.standing(planned(stores, 1))
    await claim(stores, planned(stores, 2, ETH, follow_id="follow-2"))
    assert await stores.orders.standing(planned(stores, 3)) == stood


async def test_a_trade_is_counted_once_and_a_new_day_begins_at_none(stores: Stores) -> None:
    again = {"max_trades": 9, "leader_order": "o1"}
    for number in (1, 2):
        await claim(stores, planned(stores, number, **again))
    await claim(stores, planned(stores, 3))
    standing = await stores.orders.standing(planned(stores, 4))
    assert standing.orders == ("o1", "o3")
    await claim(stores, planned(stores, 5), NOW_MS + DAY_MS)
    standing = await stores.orders.standing(planned(stores, 6))
    assert (standing.day, standing.orders) == ((NOW_MS + DAY_MS) // DAY_MS, ("o5",))


async def test_the_limits_of_an_order_stay_what_they_are(stores: Stores) -> None:
    order = planned(stores, 1, max_positions=4)
    assert (order.max_total, order.max_positions, order.max_trades) == (Decimal(1000), 4, 3)
    assert order.limited


async def test_a_position_is_not_mistaken_for_a_limit(stores: Stores) -> None:
    await claim(stores, planned(stores, 1))
    assert list(stores.positions.of_follow("follow-1")) == [f"{PERPETUAL}#net"]
