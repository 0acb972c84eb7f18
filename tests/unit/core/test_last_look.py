"""The last step of a saga fails unless it settles the order, and can be done again (redrive)."""

import pytest

from pilotfish.domain.errors import NeedsAPerson, NotSettled, OutcomeUnknown
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.usecases.retry import PATIENCE_MS, Turn
from tests.fakes import Fault, ModelVenue
from tests.fakes.scene import Scene


async def last(scene: Scene, order: CopyOrder) -> Turn:
    return await scene.retry.last(order.follow_id, order.order_key)


async def left_to_a_person(scene: Scene, venue: ModelVenue, fault: Fault) -> CopyOrder:
    venue.script.append(fault)
    [order] = await scene.copy("1")
    scene.clock.advance(PATIENCE_MS / 1000 + 1)
    venue.lookup_errors.append(OutcomeUnknown("502"))
    assert (await scene.turn(order)).state is State.MANUAL
    return scene.stored(order)


async def test_it_fails_as_long_as_there_is_no_evidence(scene: Scene, venue: ModelVenue) -> None:
    order = await left_to_a_person(scene, venue, Fault.TIMEOUT_ACCEPTED)
    for _ in range(2):
        venue.lookup_errors.append(OutcomeUnknown("502"))
        with pytest.raises(NeedsAPerson, match="look-up failed: 502"):
            await last(scene, order)
    assert scene.stored(order) == order


async def test_a_redrive_finds_what_arrived(scene: Scene, venue: ModelVenue) -> None:
    order = await left_to_a_person(scene, venue, Fault.TIMEOUT_ACCEPTED)
    assert (await last(scene, order)).state is State.COPIED
    assert (await last(scene, order)).state is State.COPIED
    assert (await scene.orders.booked(order)).copied == 1
    assert len(venue.book) == 1


async def test_a_redrive_never_sends(scene: Scene, venue: ModelVenue) -> None:
    """The books may have gone on without it: to send it again takes a replay, which asks them."""
    order = await left_to_a_person(scene, venue, Fault.TIMEOUT_LOST)
    assert await last(scene, order) == Turn(State.EXPIRED, "replayed: it never arrived")
    assert venue.book == []


async def test_an_order_that_stays_open_is_left_to_a_person(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_to_a_person(scene, venue, Fault.STAYS_OPEN)
    with pytest.raises(NeedsAPerson, match="open"):
        await last(scene, order)


async def test_it_fails_while_an_order_is_on_its_way(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.TIMEOUT_LOST)
    [order] = await scene.copy("1")
    with pytest.raises(NotSettled, match="it is UNKNOWN: not seen yet"):
        await last(scene, order)


async def test_it_is_a_turn_like_any_other(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.THROTTLED)
    [order] = await scene.copy("1")
    scene.clock.advance(3)
    assert (await last(scene, order)).state is State.COPIED
    assert len(venue.book) == 1
