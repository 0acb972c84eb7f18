"""An order is sent once, and what became of it is written down."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.follows import Status
from pilotfish.domain.holdings import Held
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.domain.venues import OrderRequest
from pilotfish.ports import PositionMoved
from pilotfish.usecases.execute import SEND_WITHIN_MS
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, SPOT, a_follow, an_account, an_instrument
from tests.fakes.scene import Scene

ONE = Decimal(1)


class Crash(Exception):
    """The worker is gone: nothing after this runs."""


async def test_a_planned_order_is_sent_and_copied(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("1.5")
    assert order.state is State.COPIED
    assert (order.filled_quantity, order.sent_quantity) == (Decimal("1.5"), Decimal("1.5"))
    assert order.average_price == venue.price
    assert order.venue_order_id == venue.book[0].order_id
    [sent] = venue.book
    assert sent.request == OrderRequest(
        client_order_id=order.client_order_id,
        symbol=PERPETUAL,
        side=order.side,
        position_side=order.position_side,
        quantity=Decimal("1.5"),
        reduce_only=False,
        claimed_ms=order.sent_ms,
    )
    assert scene.retries.started == {}


@pytest.mark.parametrize(
    ("fault", "state", "in_the_book", "saga"),
    [
        (Fault.TIMEOUT_ACCEPTED, State.UNKNOWN, 1, True),
        (Fault.TIMEOUT_LOST, State.UNKNOWN, 0, True),
        (Fault.STAYS_OPEN, State.UNKNOWN, 1, True),
        (Fault.TOLD_LATER, State.COPIED, 1, False),
        (Fault.THROTTLED, State.UNSENT, 0, True),
        (Fault.REFUSED, State.REJECTED, 0, False),
        (Fault.PARTIAL, State.COPIED, 1, False),
    ],
)
async def test_every_outcome_has_its_state(
    scene: Scene, venue: ModelVenue, fault: Fault, state: State, in_the_book: int, saga: bool
) -> None:
    venue.script.append(fault)
    [order] = await scene.copy("1")
    assert order.state is state
    assert len(venue.book) == in_the_book
    assert list(scene.retries.started.values()) == ([order] if saga else [])


async def test_the_venues_words_are_kept(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.REFUSED)
    [order] = await scene.copy("1")
    assert order.reason == "Account has insufficient balance for requested action."
    assert order.answered_ms == scene.clock()


async def test_a_partial_fill_counts_what_was_filled(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.PARTIAL)
    [order] = await scene.copy("1")
    assert order.filled_quantity == Decimal("0.5")
    assert (await scene.orders.booked(order)).copied == Decimal("0.5")
    [exit_] = await scene.copy("-1")
    assert (exit_.state, exit_.quantity) == (State.COPIED, Decimal("0.5"))
    assert venue.holding(PERPETUAL) == 0


async def test_what_a_dead_worker_claimed_is_left_to_the_saga_when_its_record_comes_again(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = scene.decide("1")
    claimed = await scene.orders.claim(order, order.quantity, scene.clock())
    assert await scene.execute(order) == claimed
    assert list(scene.retries.started.values()) == [claimed]
    assert venue.book == []


async def test_a_record_that_comes_again_after_its_order_ended_starts_nothing(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = scene.decide("1")
    copied = await scene.execute(order)
    assert await scene.execute(order) == copied
    assert len(venue.book) == 1
    assert scene.retries.started == {}


async def test_the_saga_is_started_for_the_order_as_it_is_stored(
    scene: Scene, venue: ModelVenue
) -> None:
    """So that the sweep, which reads the stored order, starts no second one."""
    venue.script.append(Fault.THROTTLED)
    [order] = scene.decide("1")
    left = await scene.execute(order)
    assert left == scene.stored(order)
    scene.retries.start(scene.stored(order))
    assert len(scene.retries.started) == 1


async def test_a_second_delivery_sends_nothing(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    await scene.execute(order)
    before = scene.stored(order)
    for _ in range(3):
        await scene.execute(order)
    assert len(venue.book) == 1
    assert scene.stored(order) == before


async def test_of_many_workers_one_sends(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    await asyncio.gather(*(scene.execute(order) for _ in range(20)))
    assert len(venue.book) == 1
    assert scene.stored(order).attempts == 1


async def test_the_claim_is_stored_before_anything_is_sent(scene: Scene, venue: ModelVenue) -> None:
    """A worker that dies in the send leaves an order that says that it may have been sent."""
    states: list[State] = []
    [order] = scene.decide("1")

    def die(request: OrderRequest) -> None:
        states.append(scene.stored(order).state)
        raise Crash

    venue.on_send = die
    with pytest.raises(Crash):
        await scene.execute(order)
    venue.on_send = lambda request: None
    assert states == [State.SENT]
    await scene.execute(order)
    assert venue.book == []
    assert scene.stored(order).state is State.SENT


async def test_a_worker_that_dies_before_the_claim_leaves_the_order_as_it_was(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = scene.decide("1")
    scene.venues.of[order.account_id] = Crash()
    with pytest.raises(Crash):
        await scene.execute(order)
    scene.venues.of[order.account_id] = venue
    assert (await scene.execute(order)).state is State.COPIED
    assert len(venue.book) == 1


@pytest.mark.parametrize(("asleep_ms", "sends"), [(SEND_WITHIN_MS, 1), (SEND_WITHIN_MS + 1, 0)])
async def test_a_worker_that_slept_after_its_claim_does_not_send(
    scene: Scene, venue: ModelVenue, asleep_ms: int, sends: int
) -> None:
    claim = scene.orders.claim

    async def slow(order: CopyOrder, *more: Any) -> CopyOrder | None:
        claimed = await claim(order, *more)
        scene.clock.now_ms += asleep_ms
        return claimed

    scene.orders.claim = slow  # type: ignore[method-assign]
    [order] = await scene.copy("1")
    assert len(venue.book) == sends
    assert order.state is (State.COPIED if sends else State.UNSENT)


async def test_a_worker_that_slept_until_others_took_over_changes_nothing(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = scene.decide("1")
    claim = scene.orders.claim

    async def asleep(order: CopyOrder, *more: Any) -> CopyOrder | None:
        claimed = await claim(order, *more)
        scene.orders.claim = claim  # type: ignore[method-assign]
        for _ in range(3):
            scene.clock.advance(10)
            await scene.turn(order)
        await scene.turn(order)
        return claimed

    scene.orders.claim = asleep  # type: ignore[method-assign]
    left = await scene.execute(order)
    assert len(venue.book) == 1
    assert scene.stored(order).state is State.COPIED
    assert left.state is State.SENT
    assert scene.retries.started == {}


async def test_a_late_entry_expires_unsent(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    scene.clock.advance(120.001)
    left = await scene.execute(order)
    assert (left.state, left.reason) == (State.EXPIRED, "late")
    assert venue.book == []


async def test_an_entry_in_time_is_sent(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    scene.clock.advance(120)
    assert (await scene.execute(order)).state is State.COPIED


async def test_a_late_exit_is_sent(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("1")
    [order] = scene.decide("-1")
    scene.clock.advance(86_400)
    assert (await scene.execute(order)).state is State.COPIED
    assert venue.holding(PERPETUAL) == 0


async def test_an_exit_is_reduce_only(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("1")
    await scene.copy("-1")
    assert [taken.request.reduce_only for taken in venue.book] == [False, True]


async def test_an_exit_sells_no_more_than_was_copied(scene: Scene, venue: ModelVenue) -> None:
    """The follower has a position of its own in the same symbol."""
    venue.trade(PERPETUAL, "10")
    [entry] = scene.decide("4")
    [exit_] = scene.decide("-4")
    venue.script.append(Fault.PARTIAL)
    await scene.execute(entry)
    left = await scene.execute(exit_)
    assert (left.quantity, left.sent_quantity) == (Decimal(4), Decimal(2))
    assert venue.holding(PERPETUAL) == 10


async def test_an_exit_after_an_entry_that_failed_sends_nothing(
    scene: Scene, venue: ModelVenue
) -> None:
    venue.trade(PERPETUAL, "10")
    [entry] = scene.decide("4")
    [exit_] = scene.decide("-4")
    venue.script.append(Fault.REFUSED)
    await scene.execute(entry)
    left = await scene.execute(exit_)
    assert (left.state, left.reason) == (State.SKIPPED, "nothing_copied")
    assert venue.holding(PERPETUAL) == 10


async def test_a_spot_exit_is_whole_lots_of_what_the_fee_left(
    scene: Scene, venue: ModelVenue
) -> None:
    """Decided before the entry's fee was known."""
    scene.instruments.publish("model", [an_instrument(SPOT, lot=Decimal("0.01"))], 0)
    venue.lot, venue.fee_rate = Decimal("0.01"), Decimal("0.001")
    [entry] = scene.decide("1", symbol=SPOT)
    [exit_] = scene.decide("-1", symbol=SPOT)
    await scene.execute(entry)
    left = await scene.execute(exit_)
    assert (left.state, left.filled_quantity) == (State.COPIED, Decimal("0.99"))
    assert venue.holding(SPOT) == Decimal("0.009")


@pytest.mark.parametrize("rounds", [40])
async def test_fees_do_not_add_up_over_many_rounds(
    scene: Scene, venue: ModelVenue, rounds: int
) -> None:
    venue.fee_rate = Decimal("0.001")
    for _ in range(rounds):
        await scene.copy("1", symbol=SPOT)
        await scene.copy("-1", symbol=SPOT)
    await scene.copy("1", symbol=SPOT)
    held = venue.holding(SPOT)
    [half] = await scene.copy("-0.5", symbol=SPOT)
    assert abs(half.filled_quantity - held / 2) <= Decimal("0.001")


async def test_a_disabled_account_is_told_apart(scene: Scene, venue: ModelVenue) -> None:
    scene.follower(2)
    scene.accounts.save(an_account("follower-1", enabled=False))
    first, second = await scene.copy("1")
    assert (first.state, first.reason) == (State.REJECTED, "account_disabled")
    assert second.state is State.COPIED
    assert venue.book == []


async def test_an_account_that_is_gone_is_told_apart(scene: Scene) -> None:
    scene.follows.save(a_follow(account_id="nobody"))
    [order] = await scene.copy("1")
    assert (order.state, order.reason) == (State.REJECTED, "account_disabled")


async def test_a_refused_key_ends_the_order_with_the_words(scene: Scene) -> None:
    scene.follower(1)
    scene.follower(2)
    scene.venues.of["follower-1"] = Rejected("Invalid API-key, IP, or permissions for action.")
    first, second = await scene.copy("1")
    assert first.state is State.REJECTED
    assert first.reason == "Invalid API-key, IP, or permissions for action."
    assert second.state is State.COPIED


@pytest.mark.parametrize("trouble", [NotSent("no markets", 5), OutcomeUnknown("timed out")])
async def test_a_venue_that_cannot_be_opened_leaves_the_order_unsent(
    scene: Scene, venue: ModelVenue, trouble: Exception
) -> None:
    scene.venues.of["follower-1"] = trouble
    [order] = await scene.copy("1")
    assert (order.state, order.attempts, order.sent_ms) == (State.UNSENT, 0, 0)
    assert list(scene.retries.started.values()) == [order]
    scene.venues.of["follower-1"] = venue
    scene.clock.advance(5)
    assert (await scene.turn(order)).state is State.COPIED


async def test_no_entry_is_sent_after_the_stop(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    scene.follows.save(a_follow(status=Status.STOPPED))
    await scene.execute(order)
    assert venue.book == []
    assert scene.stored(order).state is State.SKIPPED


async def test_an_exit_is_sent_after_the_stop(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("1")
    [order] = scene.decide("-1")
    scene.follows.save(a_follow(status=Status.STOPPED))
    assert (await scene.execute(order)).state is State.COPIED


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.MANUAL, State.COPIED])
async def test_nothing_is_done_to_an_order_that_may_be_under_way(
    scene: Scene, venue: ModelVenue, state: State
) -> None:
    [order] = scene.decide("1")
    moved = await scene.orders.record(order, replace(order, state=state, answered_ms=1))
    assert moved is not None
    scene.clock.advance(1_000)
    assert await scene.execute.attempt(moved) == moved
    assert scene.stored(order) == moved
    assert venue.book == []


async def test_a_leader_who_holds_btc_and_buys_eth_changes_nobodys_btc(
    scene: Scene, venue: ModelVenue
) -> None:
    scene.held_by["leader"].positions[f"{PERPETUAL}#net"] = Held(Decimal(7))
    await scene.copy("3", symbol="ETH/USDT:USDT")
    assert {taken.request.symbol for taken in venue.book} == {"ETH/USDT:USDT"}
    assert venue.holding(PERPETUAL) == 0


async def test_an_exit_of_what_was_held_before_the_follow_is_skipped(
    scene: Scene, venue: ModelVenue
) -> None:
    scene.held_by["leader"].positions[f"{PERPETUAL}#net"] = Held(Decimal(7))
    [order] = await scene.copy("-7")
    assert (order.leg, order.state, order.reason) == (Leg.EXIT, State.SKIPPED, "nothing_copied")


async def test_a_flip_closes_and_opens(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    exit_, entry = await scene.copy("-5")
    assert (exit_.state, entry.state) == (State.COPIED, State.COPIED)
    assert venue.holding(PERPETUAL) == -3


async def test_a_look_that_fails_leaves_what_the_venue_took_to_the_saga(
    scene: Scene, venue: ModelVenue
) -> None:
    venue.script.append(Fault.TOLD_LATER)
    venue.lookup_errors.append(NotSent("429 too many requests"))
    [order] = await scene.copy("1")
    assert (order.state, order.venue_order_id) == (State.UNKNOWN, "1")
    assert list(scene.retries.started.values()) == [order]


async def test_an_exit_that_is_never_first_is_left_to_the_saga(
    scene: Scene, venue: ModelVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.copy("2")
    [exit_] = scene.decide("-1")

    async def moved(*_: Any) -> None:
        raise PositionMoved(exit_.position_key)

    monkeypatch.setattr(scene.orders, "claim", moved)
    after = await scene.execute(exit_)
    assert (after.state, len(venue.book)) == (State.UNSENT, 1)
    assert list(scene.retries.started.values()) == [after]
