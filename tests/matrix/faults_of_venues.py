"""Clocks, look-ups that lag, rate limits, partial fills; and records that nobody can read."""

import asyncio
from typing import Any

from pilotfish.domain.errors import NotSent
from tests.fakes import Fault
from tests.fakes.samples import PERPETUAL, a_fill, an_account
from tests.matrix.forms import IN_ORDERS, form
from tests.matrix.points import Hit, Point, Trouble

SKEW, LAG, BAN = Trouble.SKEW, Trouble.LAG, Trouble.BAN
PARTIAL, POISON = Trouble.PARTIAL, Trouble.POISON
BEFORE_CLAIM, CLAIMED, SENDING, ANSWERED, RECORDED = IN_ORDERS
RECONCILING, RENEWAL = Point.RECONCILING, Point.RENEWAL
SKEW_MS = 1_500  # Within what the venue layer's look-ups allow for.
LAG_S = 2.0


@form(
    SKEW,
    [BEFORE_CLAIM, RECORDED],
    "the worker's clock is 1.5 s off; the order is taken and nobody hears of it",
    on_claim=Fault.TIMEOUT_ACCEPTED,
)
@form(
    SKEW,
    [CLAIMED, SENDING],
    "the worker's clock jumps by 1.5 s; the request arrives late",
    on_claim=Fault.TIMEOUT_ARRIVES_LATE,
)
@form(SKEW, ANSWERED, "the worker's clock jumps by 1.5 s before it notes the time of the answer")
@form(
    SKEW,
    RECONCILING,
    "whoever looks has a clock that is 1.5 s off; the request arrives late",
    on_claim=Fault.TIMEOUT_ARRIVES_LATE,
)
async def clock_is_off(hit: Hit) -> Any:
    hit.worker.skew_ms = hit.ahead * SKEW_MS
    return await hit.act()


@form(SKEW, RENEWAL, "the poller's clock is 10 s behind: its lease looks expired to the next run")
async def lease_looks_expired(hit: Hit) -> Any:
    hit.worker.skew_ms = -10_000
    hit.world.spawn(hit.world.functions.poll("next"))
    return await hit.act()


def lag(hit: Hit) -> None:
    for venue in hit.world.venues.of.values():
        if venue is not hit.world.leader:
            venue.lag_s = LAG_S  # type: ignore[union-attr]


@form(
    LAG,
    [BEFORE_CLAIM, RECONCILING],
    "the order is taken unheard, and shows 2 s later",
    on_claim=Fault.TIMEOUT_ACCEPTED,
)
async def shows_later(hit: Hit) -> Any:
    lag(hit)
    return await hit.act()


@form(LAG, [CLAIMED, ANSWERED], "the worker dies there, and what was taken shows 2 s later")
async def dies_and_shows_later(hit: Hit) -> Any:
    lag(hit)
    hit.worker.die()


@form(LAG, SENDING, "the order is taken unheard, and shows 2 s later")
async def taken_and_shows_later(hit: Hit) -> Any:
    hit.venue.script.appendleft(Fault.TIMEOUT_ACCEPTED)
    return await shows_later(hit)


@form(
    LAG,
    RECORDED,
    "the doubt is written, the worker dies, and what was taken shows 2 s later",
    on_claim=Fault.TIMEOUT_ACCEPTED,
)
async def doubts_dies_and_shows_later(hit: Hit) -> Any:
    await dies_and_shows_later(hit)


@form(LAG, RENEWAL, "the leader's socket breaks, and its lists lag by 2 s", nearest=True)
async def leader_shows_later(hit: Hit) -> Any:
    leader = hit.world.leader
    leader.lag_s = LAG_S
    leader.drop_sockets()
    return await hit.act()


@form(
    BAN, BEFORE_CLAIM, "the venue refuses to open the account for a while; then 429 for the order"
)
async def refused_to_open(hit: Hit) -> Any:
    """Opening comes before the claim: the next to open the account are refused."""
    assert hit.order is not None
    busy = [NotSent("429 too many requests", wait_s=2.0), NotSent("418 banned", wait_s=2.0)]
    hit.world.venues.refusals[hit.order.account_id] = busy  # type: ignore[assignment]
    hit.world.time_out()


@form(BAN, CLAIMED, "the account is banned for 8 s between claim and send")
@form(BAN, RECONCILING, "look-ups and repairs meet 429 and 418 for 8 s")
async def banned(hit: Hit) -> Any:
    for venue in [hit.venue] if hit.order else hit.world.venues.of.values():
        if venue is not hit.world.leader:
            venue.banned_until_ms = hit.world.clock() + 8_000  # type: ignore[union-attr]
    return await hit.act()


@form(BAN, SENDING, "the venue answers 429, to be tried in 3 s")
async def throttled_by_the_venue(hit: Hit) -> Any:
    hit.venue.script.appendleft(Fault.THROTTLED)
    return await hit.act()


@form(BAN, ANSWERED, "the worker dies with a 429 that it has not written", on_claim=Fault.THROTTLED)
@form(PARTIAL, ANSWERED, "the worker dies with a partial fill unwritten", on_claim=Fault.PARTIAL)
async def dies_with_the_answer(hit: Hit) -> Any:
    hit.worker.die()


@form(BAN, RECORDED, "429 is written, and no saga is started", on_claim=Fault.THROTTLED)
@form(PARTIAL, RECORDED, "a partial fill is written, and the worker dies", on_claim=Fault.PARTIAL)
async def dies_with_the_record(hit: Hit) -> Any:
    await hit.act()
    hit.worker.die()


@form(BAN, RENEWAL, "the leader's socket breaks, and its REST answers 429 for 5 s", nearest=True)
async def leader_is_banned(hit: Hit) -> Any:
    leader = hit.world.leader
    leader.banned_until_ms = hit.world.clock() + 5_000
    leader.drop_sockets()
    return await hit.act()


@form(
    PARTIAL,
    BEFORE_CLAIM,
    "the worker dies; the next one's order is filled by half",
    on_claim=Fault.PARTIAL,
    nearest=True,
)
async def dies_before_a_partial_fill(hit: Hit) -> Any:
    hit.worker.die()


@form(PARTIAL, CLAIMED, "the worker is held up for 0.9 s, and its order filled by half")
async def late_and_partial(hit: Hit) -> Any:
    hit.venue.script.appendleft(Fault.PARTIAL)
    await asyncio.sleep(0.9)
    return await hit.act()


@form(PARTIAL, SENDING, "the order is filled by half, and its rest cancelled")
async def filled_by_half(hit: Hit) -> Any:
    hit.venue.script.appendleft(Fault.PARTIAL)
    return await hit.act()


@form(PARTIAL, RECONCILING, "what a look-up finds, and what a repair sends, is filled by half")
async def repaired_by_half(hit: Hit) -> Any:
    """The orders that are looked for here were filled by half when they were sent."""
    if hit.about == "exit_sync":
        for venue in hit.world.venues.of.values():
            venue.script.append(Fault.PARTIAL)  # type: ignore[union-attr]
    return await hit.act()


@form(PARTIAL, RENEWAL, "the leader's order fills in two parts, on both sides of a takeover")
async def leader_fills_in_parts(hit: Hit) -> Any:
    hit.world.leader.trade(PERPETUAL, "0.013")
    hit.world.clock.advance(0.001)
    for socket in list(hit.world.leader.sockets):
        socket.put_nowait(NotSent("the socket closed"))
    hit.world.leader.trade(PERPETUAL, "0.007", streamed=False)
    hit.worker.die()


@form(POISON, IN_ORDERS, "a record that nobody can read stands before the order in its batch")
async def behind_a_poison_record(hit: Hit) -> Any:
    hit.world.order_stream.poison(hit.order)
    return await hit.act()


@form(POISON, RECONCILING, "what a sweep looks through holds a fill that cannot be decided")
async def beside_a_poison_fill(hit: Hit) -> Any:
    """Its leader is followed on a venue that is not published."""
    world = hit.world
    fill = a_fill("1", account_id="ghost", venue="nowhere", seen_ms=0, trade_id="poison")
    world.tables.fills["ghost", fill.fill_id] = fill
    world.tables.undecided.add(("ghost", fill.fill_id))
    return await hit.act()


@form(POISON, RENEWAL, "a record that nobody can read stands before the leader's next fills")
async def poisoned_fills(hit: Hit) -> Any:
    hit.world.fill_stream.poison(a_fill("1", account_id=an_account("leader").account_id))
    return await hit.act()
