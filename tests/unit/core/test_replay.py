"""A failed copy is sent again once, and only where nothing arrived and the leader still holds."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.follows import Status
from pilotfish.domain.netting import Booked, Misses
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.domain.replaying import REPLAY_WITHIN_MS, Refusal
from pilotfish.usecases.replay import Replayed, Verdict
from pilotfish.usecases.retry import PATIENCE_MS
from tests.fakes import Fault, MemoryPositions, ModelVenue
from tests.fakes.samples import PERPETUAL, a_follow, an_account
from tests.fakes.scene import Scene
from tests.fakes.venue import EVIDENCE

WAIT_S = EVIDENCE.receive_window_s + EVIDENCE.visibility_lag_s + 1


async def rejected(scene: Scene, venue: ModelVenue, quantity: str = "1") -> CopyOrder:
    """An entry that the venue refused, some time ago."""
    venue.script.append(Fault.REFUSED)
    [order] = await scene.copy(quantity)
    scene.clock.advance(WAIT_S)
    assert order.state is State.REJECTED
    return order


async def manual(scene: Scene, venue: ModelVenue, fault: Fault, quantity: str = "1") -> CopyOrder:
    """An order that nobody could look up for ten minutes."""
    venue.script.append(fault)
    [order] = await scene.copy(quantity)
    scene.clock.advance(PATIENCE_MS / 1000 + 1)
    venue.lookup_errors.append(OutcomeUnknown("502"))
    assert (await scene.turn(order)).state is State.MANUAL
    return scene.stored(order)


def misses(scene: Scene, order: CopyOrder) -> Misses:
    booked = MemoryPositions(scene.tables).booked({order.follow_id: order.position_key})
    return booked.get(order.follow_id, Booked()).misses


def refused(order: CopyOrder, why: str) -> Replayed:
    return Replayed(order.order_id, order.state, Verdict.REFUSED, why)


async def test_a_rejected_entry_is_sent_once_more(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    assert misses(scene, order) == Misses(entry=Decimal(1))
    assert await scene.replay(order) == Replayed(order.order_id, State.REJECTED, Verdict.SENT_AGAIN)
    again = scene.stored(order)
    assert (again.state, again.reason) == (State.UNSENT, "replayed")
    assert again.expires_ms == scene.clock() + REPLAY_WITHIN_MS
    assert misses(scene, order) == Misses()
    assert list(scene.retries.started.values()) == [again]
    assert venue.book == []
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1
    assert (await scene.orders.booked(order)).copied == 1


async def test_what_is_on_its_way_or_copied_is_not_replayed(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await rejected(scene, venue)
    await scene.replay(order)
    unsent = scene.stored(order)
    assert await scene.replay(unsent) == refused(unsent, Refusal.NOT_FAILED)
    await scene.turn(order)
    copied = scene.stored(order)
    assert await scene.replay(copied) == refused(copied, Refusal.NOT_FAILED)
    assert len(venue.book) == 1


async def test_replays_side_by_side_send_one_order(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    said = await asyncio.gather(*(scene.replay(order) for _ in range(3)))
    assert [one.verdict for one in said].count(Verdict.SENT_AGAIN) == 1
    assert [one.why for one in said].count(Refusal.MOVED) == 2
    assert misses(scene, order) == Misses()
    await scene.turn(order)
    assert len(venue.book) == 1


async def test_a_dry_run_says_the_same_and_changes_nothing(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    orders, ledgers = dict(scene.tables.orders), dict(scene.tables.ledgers)
    assert (await scene.replay(order, dry_run=True)).verdict is Verdict.SENT_AGAIN
    assert (scene.tables.orders, scene.tables.ledgers) == (orders, ledgers)
    assert misses(scene, order) == Misses(entry=Decimal(1))
    assert scene.retries.started == {}


async def test_an_entry_that_expired_before_it_was_sent(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("1")
    scene.clock.now_ms = order.expires_ms + 1
    order = await scene.execute(order)
    assert order.state is State.EXPIRED
    venue.lookup_errors.append(OutcomeUnknown("nobody has to ask: it was never sent"))
    assert (await scene.replay(order)).verdict is Verdict.SENT_AGAIN
    assert (await scene.turn(order)).state is State.COPIED


async def test_a_replayed_entry_is_not_sent_long_after(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    await scene.replay(order)
    scene.clock.advance(REPLAY_WITHIN_MS / 1000 + 1)
    assert (await scene.turn(order)).state is State.EXPIRED
    assert misses(scene, order) == Misses(entry=Decimal(1))
    assert venue.book == []


async def test_what_did_arrive_is_recorded_and_nothing_is_sent(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await manual(scene, venue, Fault.TIMEOUT_ACCEPTED)
    assert misses(scene, order) == Misses(entry=Decimal(1))
    assert (await scene.replay(order)).verdict is Verdict.ARRIVED
    found = scene.stored(order)
    assert (found.state, found.filled_quantity) == (State.COPIED, 1)
    assert found.history[-1].reason == "replayed: it had arrived"
    assert misses(scene, order) == Misses()
    assert (await scene.orders.booked(order)).copied == 1
    assert len(venue.book) == 1
    assert found not in scene.retries.started.values()


async def test_a_rejection_that_was_none_is_found_out(scene: Scene, venue: ModelVenue) -> None:
    """Whatever told us that it was refused, the venue's book is the judge."""
    [order] = await scene.copy("1")
    entry = replace(order, state=State.REJECTED, filled_quantity=Decimal(0))
    scene.tables.orders[order.follow_id, order.order_key] = entry
    assert (await scene.replay(entry)).verdict is Verdict.ARRIVED
    assert len(venue.book) == 1
    assert scene.stored(order).state is State.COPIED


async def test_what_never_arrived_is_sent_again(scene: Scene, venue: ModelVenue) -> None:
    order = await manual(scene, venue, Fault.TIMEOUT_LOST)
    assert (await scene.replay(order)).verdict is Verdict.SENT_AGAIN
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1


async def test_one_look_that_finds_nothing_is_not_believed(scene: Scene, venue: ModelVenue) -> None:
    order = await manual(scene, venue, Fault.TIMEOUT_ACCEPTED)
    looks = 0
    find = venue.find_order

    async def blind_at_first(request: Any) -> Any:
        nonlocal looks
        looks += 1
        return None if looks < EVIDENCE.looks else await find(request)

    venue.find_order = blind_at_first  # type: ignore[method-assign]
    assert (await scene.replay(order)).verdict is Verdict.ARRIVED
    assert len(venue.book) == 1


async def test_without_evidence_nothing_moves(scene: Scene, venue: ModelVenue) -> None:
    order = await manual(scene, venue, Fault.TIMEOUT_LOST)
    venue.lookup_errors.append(OutcomeUnknown("502 again"))
    assert await scene.replay(order) == refused(order, "look-up failed: 502 again")
    assert scene.stored(order) == order


async def test_what_stays_open_at_the_venue_stays_with_a_person(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await manual(scene, venue, Fault.STAYS_OPEN)
    assert await scene.replay(order) == refused(order, "the venue says: open")
    venue.book.clear()
    scene.tables.orders[order.follow_id, order.order_key] = known = replace(
        order, venue_order_id="1"
    )
    why = "the venue took it, and does not show it now"
    assert await scene.replay(known) == refused(known, why)


async def test_just_after_a_claim_absence_proves_nothing(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.REFUSED)
    [order] = await scene.copy("1")
    said = await scene.replay(order)
    assert said.verdict is Verdict.REFUSED
    assert "too recently" in said.why


async def test_an_exit_is_left_to_exit_sync(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("1")
    venue.script.append(Fault.REFUSED)
    [order] = await scene.copy("-1")
    scene.clock.advance(WAIT_S)
    assert (order.leg, order.state) == (Leg.EXIT, State.REJECTED)
    assert await scene.replay(order) == refused(order, Refusal.EXIT)


async def test_an_exit_that_never_arrived_is_said_to_exit_sync(
    scene: Scene, venue: ModelVenue
) -> None:
    await scene.copy("1")
    order = await manual(scene, venue, Fault.TIMEOUT_LOST, "-1")
    assert await scene.replay(order) == Replayed(
        order.order_id, State.MANUAL, Verdict.NEVER_ARRIVED, Refusal.EXIT
    )
    ended = scene.stored(order)
    assert (ended.state, ended.reason) == (State.EXPIRED, "replayed: it never arrived")
    assert misses(scene, order) == Misses(exit=Decimal(-1))
    assert len(venue.book) == 1


async def test_nothing_for_a_follow_that_is_stopped(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    scene.follows.save(a_follow(status=Status.STOPPED))
    assert await scene.replay(order) == refused(order, Refusal.FOLLOW_STOPPED)


async def test_nothing_for_an_account_that_is_disabled(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    scene.accounts.save(an_account(enabled=False))
    assert await scene.replay(order) == refused(order, Refusal.ACCOUNT_DISABLED)
    scene.accounts.save(an_account())
    assert (await scene.replay(order)).verdict is Verdict.SENT_AGAIN


@pytest.mark.parametrize("exits", ["-1", "-0.5", "-0.1", "-3"])
async def test_nothing_after_the_leader_has_reduced_closed_or_flipped(
    scene: Scene, venue: ModelVenue, exits: str
) -> None:
    await scene.copy("1")
    order = await rejected(scene, venue)
    await scene.copy(exits)
    assert await scene.replay(order) == refused(order, Refusal.LEADER_REDUCED)
    assert misses(scene, order).entry == 1


async def test_nothing_when_the_leader_reduced_while_it_was_on_its_way(
    scene: Scene, venue: ModelVenue
) -> None:
    [entry] = scene.decide("1")
    [exit_] = scene.decide("-0.5")
    venue.script.append(Fault.REFUSED)
    await scene.execute(entry)
    await scene.execute(exit_)
    scene.clock.advance(WAIT_S)
    order = scene.stored(entry)
    assert order.state is State.REJECTED
    assert await scene.replay(order) == refused(order, Refusal.LEADER_REDUCED)


async def test_more_entries_of_the_leader_do_not_matter(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    await scene.copy("2")
    assert (await scene.replay(order)).verdict is Verdict.SENT_AGAIN
    await scene.turn(order)
    assert venue.holding(PERPETUAL) == 3
    await scene.copy("-3")
    assert venue.holding(PERPETUAL) == 0


async def test_an_exit_after_the_replay_closes_what_was_replayed(
    scene: Scene, venue: ModelVenue
) -> None:
    order = await rejected(scene, venue, "2")
    await scene.replay(order)
    await scene.turn(order)
    await scene.copy("-1")
    assert venue.holding(PERPETUAL) == 1


async def test_an_exit_that_is_decided_during_the_replay_comes_first(
    scene: Scene, venue: ModelVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await rejected(scene, venue)
    decided: list[str] = []
    replays: Any = scene.replay._replays
    honest = replays.reopen

    def exit_first(*args: Any) -> Any:
        if not decided:
            decided.append("exit")
            scene.decide("-1")
        return honest(*args)

    monkeypatch.setattr(replays, "reopen", exit_first)
    assert await scene.replay(order) == refused(order, Refusal.LEADER_REDUCED)
    assert scene.retries.started == {}


async def test_what_was_filled_in_part_is_not_sent_again(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    partly = replace(order, filled_quantity=Decimal("0.4"))
    scene.tables.orders[order.follow_id, order.order_key] = partly
    assert await scene.replay(partly) == refused(partly, Refusal.PARTLY_FILLED)


async def test_a_fill_that_is_not_stored_decides_nothing(scene: Scene, venue: ModelVenue) -> None:
    order = await rejected(scene, venue)
    scene.tables.fills.clear()
    assert await scene.replay(order) == refused(order, Refusal.NO_FILL)
