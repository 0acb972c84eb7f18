"""After a leader's exit every follower gets there, whatever became of the orders."""

from decimal import Decimal

import pytest

from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.orders import Leg, State
from pilotfish.usecases.sync_exit import Standing
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, SPOT, an_instrument
from tests.fakes.scene import Scene

UNDER_WAY, SENT_AGAIN = "an order is under way", "sent again"


async def test_an_exit_that_went_through_needs_one_look(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    await scene.copy("-1")
    look = await scene.sync(last_exit(scene))
    assert (look.standing, look.remainders) == (Standing.SYNCED, [])
    assert len(venue.book) == 2


async def test_an_exit_starts_one_saga_and_an_entry_none(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    assert scene.exit_syncs.started == {}
    await scene.copy("-1")
    scene.map_fill(last_exit(scene))
    assert [fill.quantity for fill in scene.exit_syncs.started.values()] == [1]


async def test_a_leader_whom_nobody_follows_starts_none(scene: Scene) -> None:
    scene.decide("1")
    scene.decide("-1")
    assert scene.exit_syncs.started == {}


@pytest.mark.parametrize(
    ("fault", "left"), [(Fault.REFUSED, Decimal(2)), (Fault.PARTIAL, Decimal(1))]
)
async def test_what_an_exit_left_is_closed(
    scene: Scene, venue: ModelVenue, fault: Fault, left: Decimal
) -> None:
    await scene.copy("2")
    venue.script.append(fault)
    await scene.copy("-2")
    assert venue.holding(PERPETUAL) == left
    look = await scene.sync(last_exit(scene))
    assert [(r.follow_id, r.quantity, r.why) for r in look.remainders] == [
        ("follow-1", left, SENT_AGAIN)
    ]
    again = venue.book[-1].request
    assert (again.side, again.quantity, again.reduce_only) == (Side.SELL, left, True)
    assert venue.holding(PERPETUAL) == 0
    assert (await scene.sync(last_exit(scene))).standing is Standing.SYNCED


async def test_only_the_fraction_that_the_leader_closed_is_closed(
    scene: Scene, venue: ModelVenue
) -> None:
    await scene.copy("4")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-1")
    await scene.sync(last_exit(scene))
    assert venue.holding(PERPETUAL) == 3


async def test_an_entry_that_fills_after_the_exit_is_closed(
    scene: Scene, venue: ModelVenue
) -> None:
    venue.script.append(Fault.TIMEOUT_ACCEPTED)
    [entry] = await scene.copy("1")
    [exit_] = await scene.copy("-1")
    assert (entry.state, exit_.state) == (State.UNKNOWN, State.SKIPPED)
    look = await scene.sync(last_exit(scene))
    assert [r.why for r in look.remainders] == [UNDER_WAY]
    assert len(venue.book) == 1
    assert (await scene.turn(entry)).state is State.COPIED
    await scene.sync(last_exit(scene))
    assert venue.holding(PERPETUAL) == 0
    assert (await scene.sync(last_exit(scene))).standing is Standing.SYNCED


async def test_nothing_is_closed_for_an_entry_that_never_filled(
    scene: Scene, venue: ModelVenue
) -> None:
    venue.script.append(Fault.REFUSED)
    await scene.copy("1")
    await scene.copy("-1")
    look = await scene.sync(last_exit(scene))
    assert (look.standing, venue.book) == (Standing.SYNCED, [])


async def test_a_flip_whose_exit_failed_ends_on_the_leader_s_side(
    scene: Scene, venue: ModelVenue
) -> None:
    await scene.copy("1")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-2")
    assert venue.holding(PERPETUAL) == 0  # The entry was taken up by what the exit left.
    await scene.sync(last_exit(scene))
    assert venue.holding(PERPETUAL) == -1
    assert scene.stored_orders()[-1].leg is Leg.ENTRY
    assert (await scene.sync(last_exit(scene))).standing is Standing.SYNCED


async def test_an_entry_that_what_an_exit_left_swallowed_is_made_up_for(
    scene: Scene, venue: ModelVenue
) -> None:
    await scene.copy("1")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-1")
    closed = last_exit(scene)
    await scene.copy("-3")
    assert venue.holding(PERPETUAL) == -2
    await scene.sync(closed)
    assert venue.holding(PERPETUAL) == -3
    assert (await scene.sync(closed)).standing is Standing.SYNCED


@pytest.mark.parametrize(
    ("fills", "standings"),
    [
        (["-1", "-1"], ["OVERTAKEN", "OPEN"]),
        (["-1", "1"], ["OPEN"]),  # An entry has no saga that could see to it.
        (["-1", "-4"], ["OVERTAKEN", "OPEN"]),
        (["-4", "1"], ["OVERTAKEN", "OPEN"]),
        (["-4", "1", "3"], ["OVERTAKEN", "OVERTAKEN", "OPEN"]),
    ],
)
async def test_a_later_exit_of_the_position_takes_over(
    scene: Scene, venue: ModelVenue, fills: list[str], standings: list[str]
) -> None:
    await scene.copy("2")
    for quantity in fills:
        scene.clock.advance(1)
        scene.decide(quantity)
    looks = [
        scene.sync_exit(fill.account_id, fill.fill_id) for fill in scene.exit_syncs.started.values()
    ]
    assert [look.standing for look in looks] == standings


async def test_an_exit_of_another_position_takes_nothing_over(
    scene: Scene, venue: ModelVenue
) -> None:
    other = "ETH/USDT:USDT"
    scene.instruments.publish("model", [an_instrument(), an_instrument(other)], scene.clock())
    await scene.copy("2")
    await scene.copy("2", symbol=other)
    scene.decide("-1")
    left = last_exit(scene)
    scene.clock.advance(1)
    scene.decide("-1", symbol=other)
    assert scene.sync_exit(left.account_id, left.fill_id).standing is Standing.OPEN


async def test_a_second_look_at_once_sends_nothing_twice(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-2")
    first = scene.sync_exit("leader", last_exit(scene).fill_id)
    second = scene.sync_exit("leader", last_exit(scene).fill_id)
    assert [r.why for r in first.remainders] == [SENT_AGAIN]
    assert [r.why for r in second.remainders] == [UNDER_WAY]
    await scene.sync(last_exit(scene))
    assert [order.request.quantity for order in venue.book] == [2, 2]


async def test_followers_who_are_there_are_left_alone(scene: Scene, venue: ModelVenue) -> None:
    other = scene.follower(2)
    await scene.copy("2")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-2")
    look = await scene.sync(last_exit(scene))
    assert [r.follow_id for r in look.remainders] == ["follow-1"]
    assert len(other.book) == 2


async def test_what_the_follower_traded_by_hand_stays(scene: Scene, venue: ModelVenue) -> None:
    venue.held[f"{PERPETUAL}#net"] = Decimal(5)
    await scene.copy("2")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-2")
    await scene.sync(last_exit(scene))
    assert venue.holding(PERPETUAL) == 5


async def test_dust_that_the_venue_would_refuse_does_not_keep_the_saga_open() -> None:
    scene = Scene(instruments=[an_instrument(SPOT, min_notional=Decimal(50))])
    venue = scene.follower()
    await scene.copy("1", symbol=SPOT)
    venue.script.append(Fault.PARTIAL)
    await scene.copy("-0.8", symbol=SPOT)
    look = await scene.sync(last_exit(scene))
    assert (look.standing, len(venue.book)) == (Standing.SYNCED, 2)


async def test_a_symbol_that_went_leaves_a_named_remainder(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    venue.script.append(Fault.REFUSED)
    await scene.copy("-2")
    scene.instruments.publish("model", [], scene.clock())
    [left] = (await scene.sync(last_exit(scene))).remainders
    assert (left.symbol, left.quantity, left.why) == (PERPETUAL, 2, "unknown_symbol")


def test_a_fill_that_does_not_exist_is_an_error(scene: Scene) -> None:
    with pytest.raises(LookupError, match="leader has no fill nothing"):
        scene.sync_exit("leader", "nothing")


def last_exit(scene: Scene) -> Fill:
    return list(scene.tables.fills.values())[-1]


async def test_an_exit_that_was_decided_after_later_ones_is_looked_after_all_the_same(
    scene: Scene, venue: ModelVenue
) -> None:
    """The looks for the later one may be over."""
    await scene.copy("4")
    first, second = scene.fill("-1"), scene.fill("-1")
    scene.map_fill(second)
    scene.map_fill(first)
    assert scene.exit_syncs.late == {first.fill_id}
    looks = [
        scene.sync_exit(first.account_id, first.fill_id, late=late).standing
        for late in (False, True)
    ]
    assert looks == [Standing.OVERTAKEN, Standing.OPEN]
