"""Crashes, time-outs, duplicates, other orders, throttling: what AWS and our workers do."""

import asyncio
from decimal import Decimal
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from tests.fakes import Fault
from tests.fakes.samples import PERPETUAL
from tests.matrix.forms import IN_ORDERS, form
from tests.matrix.points import Hit, Point, Trouble

CRASH, ACCEPTED, LOST = Trouble.CRASH, Trouble.TIMEOUT_ACCEPTED, Trouble.TIMEOUT_LOST
TWICE, REORDERED, THROTTLED = Trouble.DUPLICATE, Trouble.REORDERING, Trouble.THROTTLING
BEFORE_CLAIM, CLAIMED, SENDING, ANSWERED, RECORDED = IN_ORDERS
RECONCILING, RENEWAL = Point.RECONCILING, Point.RENEWAL
A_LITTLE = Decimal("-0.02")


@form(CRASH, [BEFORE_CLAIM, CLAIMED, ANSWERED, RENEWAL], "the worker dies there")
async def dies(hit: Hit) -> Any:
    hit.worker.die()


@form(CRASH, SENDING, "the worker dies while the venue takes the order")
@form(CRASH, RECORDED, "the worker dies with the answer written, before its batch is answered")
@form(CRASH, RECONCILING, "retry, exit_sync and sweep die with what they found or planned")
async def does_and_dies(hit: Hit) -> Any:
    await hit.act()
    hit.worker.die()


@form(ACCEPTED, BEFORE_CLAIM, "the claim is written, and its answer lost")
@form(ACCEPTED, ANSWERED, "the record is written, and its answer lost")
@form(ACCEPTED, RENEWAL, "the lease is renewed, and the answer lost")
async def does_and_times_out(hit: Hit) -> Any:
    await hit.act()
    hit.world.time_out()


@form(ACCEPTED, RECONCILING, "a look-up, a look or a sweep is done, and its answer lost")
async def looks_and_times_out(hit: Hit) -> Any:
    await hit.act()
    await times_out_looking(hit)


@form(LOST, RECONCILING, "a look-up, a look or a sweep times out before it began")
async def times_out_looking(hit: Hit) -> Any:
    if hit.order is not None:
        raise OutcomeUnknown("the look-up failed: timed out")
    hit.world.time_out()


@form(ACCEPTED, CLAIMED, "the request leaves, is held up for 3.5 s, and is taken", nearest=True)
async def leaves_late(hit: Hit) -> Any:
    hit.venue.late_s = 3.5
    hit.venue.script.appendleft(Fault.TIMEOUT_ARRIVES_LATE)
    return await hit.act()


@form(ACCEPTED, SENDING, "the venue takes the order, and nobody hears of it")
async def taken_unheard(hit: Hit) -> Any:
    hit.venue.script.appendleft(Fault.TIMEOUT_ACCEPTED)
    return await hit.act()


@form(ACCEPTED, RECORDED, "all went well, and the answer to the batch is lost")
async def loses_the_answer(hit: Hit) -> Any:
    hit.world.order_stream.lose_answer(hit.order)
    return await hit.act()


@form(LOST, BEFORE_CLAIM, "the claim times out unwritten")
@form(LOST, ANSWERED, "the record times out unwritten")
@form(LOST, RENEWAL, "the renewal times out unwritten")
async def times_out(hit: Hit) -> Any:
    hit.world.time_out()


@form(LOST, CLAIMED, "the worker stands still for 3 s, and must not send any more", nearest=True)
async def stands_still(hit: Hit) -> Any:
    await asyncio.sleep(3)
    return await hit.act()


@form(LOST, SENDING, "the request is lost on its way")
async def lost_on_its_way(hit: Hit) -> Any:
    hit.venue.script.appendleft(Fault.TIMEOUT_LOST)
    return await hit.act()


@form(
    LOST,
    RECORDED,
    "the order was lost on its way, and the start of its saga times out",
    on_claim=Fault.TIMEOUT_LOST,
    nearest=True,
)
async def starts_no_saga(hit: Hit) -> Any:
    hit.world.retries.refuse = 1
    return await hit.act()


@form(TWICE, IN_ORDERS, "the order's record reaches two more workers meanwhile")
async def delivered_again(hit: Hit) -> Any:
    assert hit.order is not None
    await asyncio.gather(
        hit.world.functions.deliver(hit.order), hit.world.functions.deliver(hit.order)
    )
    return await hit.act()


@form(TWICE, RECONCILING, "two turns, looks or sweeps at once")
async def looked_at_twice(hit: Hit) -> Any:
    order = hit.order
    if order is None:
        await hit.act()
    elif hit.worker.name == "retry":
        turn = hit.world.functions.invoke(
            "retry", lambda: hit.world.functions.retry(order.follow_id, order.order_key)
        )
        await asyncio.gather(turn, return_exceptions=True)
    return await hit.act()


@form(TWICE, RENEWAL, "the scheduler wakes two more pollers")
async def polled_twice(hit: Hit) -> Any:
    for name in ("second", "third"):
        hit.world.spawn(hit.world.functions.poll(name))
    return await hit.act()


@form(REORDERED, IN_ORDERS, "the leader reduces, and that exit reaches a worker first")
async def overtaken(hit: Hit) -> Any:
    before = set(hit.world.tables.orders)
    hit.world.leader.trade(PERPETUAL, A_LITTLE)
    await asyncio.sleep(0.3)
    later = [order for key, order in hit.world.tables.orders.items() if key not in before]
    await asyncio.gather(
        *(hit.world.functions.deliver(o) for o in later if o.follow_id == hit.about)
    )
    return await hit.act()


@form(REORDERED, RECONCILING, "the leader reduces, and is copied, in the midst of a look")
async def leader_moves_on(hit: Hit) -> Any:
    hit.world.leader.trade(PERPETUAL, A_LITTLE)
    await asyncio.sleep(0.5)
    return await hit.act()


@form(REORDERED, RENEWAL, "the leader's socket tells a later fill first")
async def told_out_of_order(hit: Hit) -> Any:
    leader = hit.world.leader
    late = leader.trade(PERPETUAL, A_LITTLE, streamed=False)
    hit.world.clock.advance(0.001)
    leader.trade(PERPETUAL, A_LITTLE)
    for socket in leader.sockets:
        socket.put_nowait([late])
    return await hit.act()


@form(THROTTLED, [*IN_ORDERS, RECONCILING, RENEWAL], "no table takes a call for 3 s", once=True)
async def throttled(hit: Hit) -> Any:
    hit.world.throttled_until_ms = hit.world.clock() + 3_000
    return await hit.act()
