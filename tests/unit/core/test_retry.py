"""What may have been sent is looked up; nothing is sent again before it is known."""

from decimal import Decimal

import pytest

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.follows import Status
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.venues import OrderStatus
from pilotfish.usecases.retry import PATIENCE_MS, Turn
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, a_follow, an_account
from tests.fakes.scene import Scene
from tests.fakes.venue import EVIDENCE

WAIT_S = EVIDENCE.receive_window_s + EVIDENCE.visibility_lag_s


async def left_by(scene: Scene, venue: ModelVenue, fault: Fault, **more: str) -> CopyOrder:
    """An order whose first try ended so."""
    venue.script.append(fault)
    [order] = await scene.copy("1", **more)
    return order


async def test_what_was_surely_not_sent_is_sent_once_more(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.THROTTLED)
    scene.clock.advance(3)
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1
    assert await scene.turn(order) == Turn(State.COPIED, "it was settled already")
    assert len(venue.book) == 1


async def test_it_is_not_sent_before_the_venue_wants_it(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.THROTTLED)
    scene.clock.advance(1)
    assert await scene.turn(order) == Turn(State.UNSENT, "429 too many requests", 2.0)
    assert venue.book == []
    assert scene.stored(order) == order


async def test_a_venue_that_throttles_again_is_waited_for_again(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.THROTTLED)
    venue.script.append(Fault.THROTTLED)
    scene.clock.advance(3)
    assert (await scene.turn(order)).wait_s == 3.0
    scene.clock.advance(3)
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1


async def test_a_timeout_that_was_accepted_is_found(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_ACCEPTED)
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1
    assert scene.stored(order).filled_quantity == 1
    assert (await scene.orders.booked(order)).copied == 1


async def test_a_look_up_that_lags_sends_nothing(scene: Scene, venue: ModelVenue) -> None:
    venue.lag_s = WAIT_S - 0.5
    order = await left_by(scene, venue, Fault.TIMEOUT_ACCEPTED)
    for _ in range(20):
        if (await scene.turn(order)).state is State.COPIED:
            break
        scene.clock.advance(0.5)
    assert scene.stored(order).state is State.COPIED
    assert len(venue.book) == 1


async def test_a_request_that_arrives_late_is_found(scene: Scene, venue: ModelVenue) -> None:
    venue.late_s = EVIDENCE.receive_window_s
    order = await left_by(scene, venue, Fault.TIMEOUT_ARRIVES_LATE)
    for _ in range(20):
        if (await scene.turn(order)).state is State.COPIED:
            break
        scene.clock.advance(1)
    assert scene.stored(order).state is State.COPIED
    assert len(venue.book) == 1


async def test_nothing_is_sent_before_the_window_has_passed(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    for _ in range(EVIDENCE.looks * 3):
        assert (await scene.turn(order)).state is State.UNKNOWN
    scene.clock.advance(WAIT_S)
    assert (await scene.turn(order)).state is State.UNKNOWN
    assert venue.book == []


async def test_nothing_is_sent_before_several_looks(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    scene.clock.advance(WAIT_S * 10)
    states = [(await scene.turn(order)).state for _ in range(EVIDENCE.looks - 1)]
    assert states == [State.UNKNOWN] * (EVIDENCE.looks - 1)
    assert venue.book == []


async def test_what_never_arrived_is_sent_again_and_copied(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    states = []
    for _ in range(EVIDENCE.looks):
        scene.clock.advance(WAIT_S)
        states.append((await scene.turn(order)).state)
    assert states == [State.UNKNOWN, State.UNKNOWN, State.COPIED]
    assert [event.state for event in scene.stored(order).history][-3:] == [
        State.UNSENT,
        State.SENT,
        State.COPIED,
    ]
    assert len(venue.book) == 1
    assert scene.stored(order).attempts == 2


async def test_looks_start_anew_with_each_try(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    venue.script.append(Fault.TIMEOUT_LOST)
    for _ in range(EVIDENCE.looks):
        scene.clock.advance(WAIT_S)
        await scene.turn(order)
    again = scene.stored(order)
    assert (again.state, again.attempts, again.looks) == (State.UNKNOWN, 2, 0)


async def test_a_worker_that_died_holding_a_claim_is_resolved_by_evidence(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = scene.decide("1")
    await scene.orders.claim(order, order.quantity, scene.clock())
    assert scene.stored(order).state is State.SENT
    for _ in range(EVIDENCE.looks + 1):
        scene.clock.advance(WAIT_S)
        await scene.turn(order)
    assert scene.stored(order).state is State.COPIED
    assert len(venue.book) == 1


async def test_an_older_order_with_the_same_id_is_not_ours(scene: Scene, venue: ModelVenue) -> None:
    """Ids are unique among open orders only."""
    order = await left_by(scene, venue, Fault.TIMEOUT_ACCEPTED)
    venue.book[0].accepted_ms = order.sent_ms - 60_000
    assert (await scene.turn(order)).state is State.UNKNOWN


async def test_a_partial_fill_is_found(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_ACCEPTED)
    venue.book[0].status, venue.book[0].filled = OrderStatus.CANCELED, Decimal("0.4")
    assert (await scene.turn(order)).state is State.COPIED
    assert scene.stored(order).filled_quantity == Decimal("0.4")


async def test_an_order_that_the_venue_turned_down_later_is_rejected(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.STAYS_OPEN)
    venue.book[0].status = OrderStatus.REJECTED
    assert (await scene.turn(order)).state is State.REJECTED


async def test_an_order_that_the_venue_took_is_never_sent_again(
    scene: Scene, venue: ModelVenue
) -> None:
    """Its id came back with the answer, so an empty look-up proves nothing."""
    order = await left_by(scene, venue, Fault.STAYS_OPEN)
    assert order.venue_order_id
    venue.lag_s = 3_600
    for _ in range(10):
        scene.clock.advance(WAIT_S)
        assert (await scene.turn(order)).state is State.UNKNOWN
    assert len(venue.book) == 1


async def test_an_order_that_stays_open_needs_a_person_in_the_end(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.STAYS_OPEN)
    scene.clock.now_ms = order.sent_ms + PATIENCE_MS
    assert (await scene.turn(order)).state is State.UNKNOWN
    venue.book[0].filled = Decimal("0.3")
    scene.clock.now_ms += 1
    assert (await scene.turn(order)).state is State.MANUAL
    assert scene.stored(order).filled_quantity == Decimal("0.3")
    assert (await scene.orders.booked(order)).copied == Decimal("0.3")
    assert len(venue.book) == 1


@pytest.mark.parametrize("trouble", [Rejected, NotSent, OutcomeUnknown])
async def test_a_look_up_that_fails_is_no_evidence(
    scene: Scene, venue: ModelVenue, trouble: type[Exception]
) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    venue.lookup_errors.extend(trouble("no answer") for _ in range(9))
    for _ in range(9):
        scene.clock.advance(WAIT_S)
        turn = await scene.turn(order)
        assert turn.state is State.UNKNOWN
        assert "no answer" in turn.finding
    assert scene.stored(order).looks == 0
    assert venue.book == []


async def test_a_look_up_that_keeps_failing_needs_a_person_in_the_end(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    scene.clock.now_ms = order.sent_ms + PATIENCE_MS + 1
    venue.lookup_errors.append(OutcomeUnknown("no answer"))
    assert (await scene.turn(order)).state is State.MANUAL


async def test_an_order_of_an_account_that_is_gone_needs_a_person(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_ACCEPTED)
    del scene.tables.accounts["follower-1"]
    assert await scene.turn(order) == Turn(State.MANUAL, "account_disabled")


async def test_a_disabled_accounts_order_is_still_looked_up(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_ACCEPTED)
    scene.accounts.save(an_account("follower-1", enabled=False))
    assert (await scene.turn(order)).state is State.COPIED


async def test_an_entry_that_never_arrived_and_is_late_expires(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await left_by(scene, venue, Fault.TIMEOUT_LOST)
    scene.clock.advance(121)
    states = [(await scene.turn(order)).state for _ in range(EVIDENCE.looks)]
    assert states == [State.UNKNOWN, State.UNKNOWN, State.EXPIRED]
    assert venue.book == []


async def test_an_exit_that_never_arrived_is_sent_however_late(
    scene: Scene, venue: ModelVenue
) -> None:
    await scene.copy("1")
    venue.script.append(Fault.TIMEOUT_LOST)
    [exit_] = await scene.copy("-1")
    scene.clock.advance(3_600)
    for _ in range(EVIDENCE.looks + 1):
        await scene.turn(exit_)
    assert scene.stored(exit_).state is State.COPIED
    assert venue.holding(PERPETUAL) == 0


async def test_an_entry_is_not_sent_again_after_the_stop(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.THROTTLED)
    scene.follows.save(a_follow(status=Status.STOPPED))
    scene.clock.advance(3)
    await scene.turn(order)
    assert venue.book == []
    assert scene.stored(order).state is State.SKIPPED


async def test_a_planned_order_that_was_forgotten_is_sent(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1


async def test_two_sagas_side_by_side_send_once(scene: Scene, venue: ModelVenue) -> None:
    order = await left_by(scene, venue, Fault.THROTTLED)
    scene.clock.advance(3)
    first = await scene.orders.claim(order, order.quantity, scene.clock())
    assert first is not None
    await scene.execute.attempt(order)
    assert venue.book == []


async def test_an_order_that_does_not_exist_is_an_error(scene: Scene) -> None:
    with pytest.raises(LookupError, match="follow-1/nothing"):
        await scene.retry("follow-1", "nothing")
