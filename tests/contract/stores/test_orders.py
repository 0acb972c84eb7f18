"""Every transition of a copy order is one conditional write from a known revision."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.follows import Status
from pilotfish.domain.netting import Booked, Ledger, Misses
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.ports import LedgerKey, PositionMoved
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_follow, an_account, an_order

KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)
NOW_MS = EPOCH_MS + 500


@pytest.fixture(autouse=True)
def followed(stores: Stores) -> None:
    stores.accounts.save(an_account("leader"))
    stores.follows.save_all([a_follow(1), a_follow(2)])


def planned(stores: Stores, *orders: CopyOrder) -> list[CopyOrder]:
    """The orders as the mapper left them."""
    ledger = stores.ledgers.load(KEY, fresh=True) or Ledger()
    assert stores.ledgers.commit(KEY, replace(ledger, revision=ledger.revision + 1), orders)
    return [stored(stores, order) for order in orders]


def stored(stores: Stores, order: CopyOrder) -> CopyOrder:
    found = stores.orders.get(order.follow_id, order.order_key)
    assert found is not None
    return found


async def claimed(stores: Stores, order: CopyOrder, quantity: str = "1") -> CopyOrder:
    taken = await stores.orders.claim(order, Decimal(quantity), NOW_MS)
    assert taken is not None
    return taken


def ended(order: CopyOrder, state: State, **more: Any) -> CopyOrder:
    return replace(order, state=state, answered_ms=NOW_MS + 50, **more)


async def holding(stores: Stores, quantity: str) -> CopyOrder:
    """An entry of before that was copied whole."""
    [entry] = planned(stores, an_order(quantity, fill_id="before"))
    taken = await claimed(stores, entry, str(entry.quantity))
    done = await stores.orders.record(
        taken, ended(taken, State.COPIED, filled_quantity=entry.quantity)
    )
    assert done is not None
    return done


async def test_a_claim_is_stored_before_it_is_given(workers: Workers, stores: Stores) -> None:
    [order] = planned(stores, an_order("2"))
    taken = await claimed(stores, order, "1.5")
    assert taken == stored(workers.another(), order)
    assert (taken.state, taken.sent_ms, taken.attempts) == (State.SENT, NOW_MS, 1)
    assert (taken.quantity, taken.sent_quantity) == (Decimal(2), Decimal("1.5"))
    assert taken.revision == order.revision + 1


@pytest.mark.parametrize("limit", [Decimal("60123.40"), Decimal(0), None])
async def test_the_limit_of_an_order_stays_what_it_is(
    workers: Workers, stores: Stores, limit: Decimal | None
) -> None:
    """A limit that got lost would make a market order of it."""
    [order] = planned(stores, an_order("2", limit_price=limit))
    taken = await claimed(stores, order)
    assert order.limit_price == taken.limit_price == limit
    assert stored(workers.another(), order).limit_price == limit


async def test_what_cut_an_order_stays_in_its_history(stores: Stores) -> None:
    [order] = planned(stores, an_order("2", reason="over_position_cap"))
    taken = await claimed(stores, order)
    assert [event.reason for event in taken.history] == ["over_position_cap", ""]


async def test_of_two_workers_one_gets_the_claim(workers: Workers, stores: Stores) -> None:
    [order] = planned(stores, an_order())
    racers = [stores, workers.another(), workers.another()]
    claims = await asyncio.gather(*(r.orders.claim(order, order.quantity, NOW_MS) for r in racers))
    assert sum(claim is not None for claim in claims) == 1
    assert stored(stores, order).attempts == 1


async def test_the_same_worker_gets_no_second_claim(stores: Stores) -> None:
    [order] = planned(stores, an_order())
    taken = await claimed(stores, order)
    assert await stores.orders.claim(order, order.quantity, NOW_MS) is None
    assert await stores.orders.claim(taken, order.quantity, NOW_MS) is None


@pytest.mark.parametrize("state", [s for s in State if s not in (State.PLANNED, State.UNSENT)])
async def test_what_may_be_under_way_cannot_be_claimed(stores: Stores, state: State) -> None:
    [order] = planned(stores, an_order())
    moved = await stores.orders.record(order, ended(order, state))
    assert moved is not None
    assert await stores.orders.claim(moved, order.quantity, NOW_MS) is None
    assert stored(stores, order).state is state


async def test_what_was_surely_not_sent_can_be_claimed_again(stores: Stores) -> None:
    [order] = planned(stores, an_order())
    first = await claimed(stores, order)
    unsent = await stores.orders.record(first, ended(first, State.UNSENT))
    assert unsent is not None
    again = await stores.orders.claim(unsent, order.quantity, NOW_MS + 9_000)
    assert again is not None
    assert (again.attempts, again.sent_ms) == (2, NOW_MS + 9_000)
    assert await stores.orders.record(first, ended(first, State.COPIED)) is None


async def test_an_order_that_was_never_planned_cannot_be_claimed(stores: Stores) -> None:
    assert await stores.orders.claim(an_order(), Decimal(1), NOW_MS) is None
    assert await stores.orders.record(an_order(), ended(an_order(), State.COPIED)) is None
    assert stores.orders.get("follow-1", an_order().order_key) is None


async def test_a_record_from_a_stale_revision_changes_nothing(stores: Stores) -> None:
    [order] = planned(stores, an_order())
    taken = await claimed(stores, order)
    late = ended(order, State.EXPIRED, reason="late")
    assert await stores.orders.record(order, late) is None
    assert stored(stores, order) == taken
    assert stores.positions.booked({"follow-1": order.position_key}) == {}


async def test_a_record_tells_what_is_stored_now(workers: Workers, stores: Stores) -> None:
    [order] = planned(stores, an_order())
    taken = await claimed(stores, order)
    answer = ended(
        taken,
        State.COPIED,
        venue_order_id="77",
        filled_quantity=Decimal(1),
        average_price=Decimal("100.5"),
        fee_in_base=Decimal("0.001"),
    )
    after = await stores.orders.record(taken, answer)
    assert after == stored(workers.another(), order)
    assert after is not None
    assert replace(after, history=(), revision=0) == replace(answer, history=(), revision=0)


async def test_every_step_is_in_the_history(stores: Stores) -> None:
    [order] = planned(stores, an_order())
    taken = await claimed(stores, order)
    doubt = await stores.orders.record(taken, ended(taken, State.UNKNOWN, reason="timed out"))
    assert doubt is not None
    await stores.orders.record(doubt, replace(doubt, state=State.COPIED, reason="", answered_ms=9))
    assert [(e.state, e.at_ms, e.reason) for e in stored(stores, order).history] == [
        (State.PLANNED, EPOCH_MS, ""),
        (State.SENT, NOW_MS, ""),
        (State.UNKNOWN, NOW_MS + 50, "timed out"),
        (State.COPIED, 9, ""),
    ]


async def test_a_copy_is_held_by_its_follow(stores: Stores) -> None:
    first, second = planned(stores, an_order("1"), an_order("2", follow_id="follow-2"))
    taken = await claimed(stores, first)
    await stores.orders.record(taken, ended(taken, State.COPIED, filled_quantity=Decimal(1)))
    assert (await stores.orders.booked(first)).copied == 1
    assert (await stores.orders.booked(second)).copied == 0
    assert (await stores.orders.booked(replace(first, symbol="ETH/USDT:USDT"))).copied == 0
    assert (await stores.orders.booked(replace(first, position_side=PositionSide.LONG))).copied == 0


async def test_an_exit_takes_from_what_is_held(stores: Stores) -> None:
    entry, exit_ = planned(stores, an_order("3"), an_order("-2", leg=Leg.EXIT))
    for order in (entry, exit_):
        taken = await claimed(stores, order)
        filled = ended(taken, State.COPIED, filled_quantity=order.quantity)
        assert await stores.orders.record(taken, filled)
    assert (await stores.orders.booked(entry)).copied == 1


@pytest.mark.parametrize(
    ("leg", "state", "filled", "missed"),
    [
        (Leg.ENTRY, State.COPIED, "5", Misses()),
        (Leg.ENTRY, State.COPIED, "2", Misses(entry=Decimal(3))),
        (Leg.ENTRY, State.REJECTED, "0", Misses(entry=Decimal(5))),
        (Leg.ENTRY, State.EXPIRED, "0", Misses(entry=Decimal(5))),
        (Leg.ENTRY, State.UNKNOWN, "2", Misses()),
        (Leg.EXIT, State.COPIED, "1", Misses(exit=Decimal(4))),
        (Leg.EXIT, State.REJECTED, "0", Misses(exit=Decimal(5))),
        (Leg.EXIT, State.SKIPPED, "0", Misses(exit=Decimal(5))),
    ],
)
async def test_what_was_not_filled_is_missed_by_leg(
    stores: Stores, leg: Leg, state: State, filled: str, missed: Misses
) -> None:
    if leg is Leg.EXIT:
        await holding(stores, "-5")
    [order] = planned(stores, an_order("5", leg=leg))
    taken = await claimed(stores, order)
    await stores.orders.record(taken, ended(taken, state, filled_quantity=Decimal(filled)))
    found = stores.positions.booked({"follow-1": order.position_key, "follow-2": "elsewhere"})
    assert found.get("follow-1", Booked()).misses == missed
    assert "follow-2" not in found


async def test_a_missed_sale_counts_as_negative(stores: Stores) -> None:
    [order] = planned(stores, an_order("-5"))
    await stores.orders.record(order, ended(order, State.EXPIRED))
    found = stores.positions.booked({"follow-1": order.position_key})
    lapsed = {0: Decimal(-5)}
    assert found == {"follow-1": Booked(misses=Misses(entry=Decimal(-5)), lapsed=lapsed)}


async def test_what_a_fee_took_is_neither_held_nor_ordered_any_more(stores: Stores) -> None:
    [order] = planned(stores, an_order("1"))
    taken = await claimed(stores, order)
    fee = {"filled_quantity": Decimal(1), "fee_in_base": Decimal("0.001")}
    await stores.orders.record(taken, ended(taken, State.COPIED, **fee))
    assert (await stores.orders.booked(order)).copied == Decimal("0.999")
    found = stores.positions.booked({"follow-1": order.position_key})
    assert found["follow-1"].copied == found["follow-1"].closable == Decimal("0.999")
    assert found["follow-1"].misses == Misses(entry=Decimal("0.001"))


async def test_what_was_paid_is_told_whatever_the_order_of_its_parts(stores: Stores) -> None:
    bought, sold = planned(
        stores, an_order("3", fill_id="a"), an_order("-1", leg=Leg.EXIT, fill_id="b")
    )
    for order, filled, price in ((bought, "3", "100.01"), (sold, "1", "120")):
        paid = {"filled_quantity": Decimal(filled), "average_price": Decimal(price)}
        assert await stores.orders.record(order, ended(order, State.COPIED, **paid))
    booked = stores.positions.of_follow("follow-1")[bought.position_key]
    assert (booked.copied, booked.spent) == (2, Decimal("180.03"))


async def test_no_entry_is_claimed_after_the_follow_was_stopped(stores: Stores) -> None:
    await holding(stores, "1")
    entry, exit_ = planned(stores, an_order(), an_order("-1", leg=Leg.EXIT))
    stores.follows.save(a_follow(1, status=Status.STOPPED))
    assert await stores.orders.claim(entry, entry.quantity, NOW_MS) is None
    skipped = stored(stores, entry)
    assert (skipped.state, skipped.reason) == (State.SKIPPED, "follow_stopped")
    assert stores.positions.booked({"follow-1": entry.position_key})["follow-1"].misses.entry == 1
    assert await stores.orders.claim(exit_, exit_.quantity, NOW_MS) is not None


async def test_one_stopped_follow_stops_nobody_else(stores: Stores) -> None:
    orders = planned(stores, *(an_order(follow_id=f"follow-{n}") for n in (1, 2)))
    stores.follows.save(a_follow(1, status=Status.STOPPED))
    claims = [stores.orders.claim(order, order.quantity, NOW_MS) for order in orders]
    first, second = await asyncio.gather(*claims)
    assert first is None
    assert second is not None


async def test_stale_orders_are_those_that_did_not_move(stores: Stores) -> None:
    old, older, moving, over = planned(
        stores,
        an_order(fill_id="a", decided_ms=EPOCH_MS - 10_000),
        an_order(fill_id="b", decided_ms=EPOCH_MS - 20_000),
        an_order(fill_id="c", decided_ms=EPOCH_MS - 20_000),
        an_order(fill_id="d", decided_ms=EPOCH_MS - 20_000),
    )
    await claimed(stores, moving)
    await stores.orders.record(over, ended(over, State.REJECTED))
    assert stores.orders.stale(EPOCH_MS) == [older, old]
    assert stores.orders.stale(EPOCH_MS, limit=1) == [older]
    assert [order.fill_id for order in stores.orders.stale(NOW_MS + 1)] == ["b", "a", "c"]


async def test_a_skip_of_the_mappers_is_never_stale(stores: Stores) -> None:
    planned(stores, an_order(state=State.SKIPPED, reason="below_lot"))
    assert stores.orders.stale(NOW_MS) == []


async def test_what_is_under_way_is_known_by_leader(stores: Stores) -> None:
    entry, done = planned(stores, an_order("1"), an_order("2", follow_id="follow-2"))
    await stores.orders.record(done, ended(done, State.EXPIRED))
    assert stores.orders.under_way("leader") == {("follow-1", entry.position_key)}
    assert stores.orders.under_way("another") == set()
    await claimed(stores, entry)
    assert stores.orders.under_way("leader") == {("follow-1", entry.position_key)}


@pytest.mark.parametrize(("held", "exit_"), [("3", "-2"), ("-3", "2")])
async def test_exits_in_flight_together_close_no_more_than_is_held(
    stores: Stores, held: str, exit_: str
) -> None:
    await holding(stores, held)
    first, second = planned(
        stores, an_order(exit_, leg=Leg.EXIT), an_order(exit_, leg=Leg.EXIT, fill_id="next")
    )
    taken = await claimed(stores, first, "2")
    with pytest.raises(PositionMoved):
        await claimed(stores, second, "2")
    assert stored(stores, second) == second
    booked = await stores.orders.booked(second)
    assert (abs(booked.copied), abs(booked.closable)) == (3, 1)
    assert await stores.orders.record(taken, ended(taken, State.UNSENT))
    assert await stores.orders.claim(second, Decimal(2), NOW_MS) is not None


async def test_an_exit_that_ended_gives_back_what_it_did_not_close(stores: Stores) -> None:
    await holding(stores, "3")
    [exit_] = planned(stores, an_order("-2", leg=Leg.EXIT))
    taken = await claimed(stores, exit_, "2")
    cut = ended(taken, State.COPIED, filled_quantity=Decimal("0.5"))
    assert await stores.orders.record(taken, cut)
    booked = await stores.orders.booked(exit_)
    assert (booked.copied, booked.closable) == (Decimal("2.5"), Decimal("2.5"))


async def test_an_exit_that_waits_for_a_person_keeps_what_it_may_have_closed(
    stores: Stores,
) -> None:
    await holding(stores, "3")
    [exit_] = planned(stores, an_order("-2", leg=Leg.EXIT))
    taken = await claimed(stores, exit_, "2")
    waiting = await stores.orders.record(taken, ended(taken, State.MANUAL, reason="?"))
    assert waiting is not None
    assert (await stores.orders.booked(exit_)).closable == 1
    never = replace(waiting, state=State.EXPIRED, reason="it never arrived")
    assert await stores.orders.record(waiting, never)
    assert (await stores.orders.booked(exit_)).closable == 3


@pytest.mark.parametrize("sign", [1, -1])
async def test_entries_in_flight_together_stay_below_their_cap(stores: Stores, sign: int) -> None:
    capped = {"most": Decimal(3)}
    first, second = planned(
        stores,
        an_order(str(2 * sign), **capped),
        an_order(str(2 * sign), fill_id="next", **capped),
    )
    taken = await claimed(stores, first, "2")
    with pytest.raises(PositionMoved):
        await claimed(stores, second, "2")
    assert second.openable((await stores.orders.booked(second)).exposed) == 1
    assert await stores.orders.record(taken, ended(taken, State.REJECTED, reason="no"))
    assert await stores.orders.claim(second, Decimal(2), NOW_MS) is not None


async def test_what_lapsed_is_told_by_round_trip(stores: Stores) -> None:
    half = {"round_trip": 33, "kept": Decimal("0.5")}
    [first, second] = planned(stores, an_order("5"), an_order("3", fill_id="next", **half))
    for order in (first, second):
        await stores.orders.record(order, ended(order, State.EXPIRED))
    booked = await stores.orders.booked(first)
    assert booked.misses == Misses(entry=Decimal(8))
    assert booked.lapsed == {0: Decimal(5), 1: Decimal(6)}
