"""The kill switch: entries stop, exits go, and what was missed stays missed."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotSent
from pilotfish.domain.halts import EVERYTHING, BadScope, leader_scope, venue_scope
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.trail import LONGEST_WHY, NoReason, Verb
from pilotfish.usecases.halt import HaltEntries, NotHalted
from tests.fakes import EPOCH_MS, Fault, ModelVenue
from tests.fakes.halting import MemoryHalts
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene


def switch(scene: Scene) -> HaltEntries:
    return HaltEntries(halts=scene.halts, clock=scene.clock, new_number=lambda: "1")


@pytest.mark.parametrize("scope", [EVERYTHING, venue_scope("model"), leader_scope("leader")])
async def test_entries_stop_and_exits_go(scene: Scene, venue: ModelVenue, scope: str) -> None:
    [before] = await scene.copy("2")
    switch(scene).halt(scope, "olga", "the venue is odd")
    [entry] = await scene.copy("1")
    [exit_] = await scene.copy("-3")
    assert [o.state for o in (before, entry, exit_)] == [State.COPIED, State.SKIPPED, State.COPIED]
    assert (entry.reason, entry.attempts) == ("halted", 0)
    assert exit_.quantity == Decimal(2)
    assert venue.holding(PERPETUAL) == 0


async def test_what_was_missed_is_not_made_up_for(scene: Scene, venue: ModelVenue) -> None:
    halts = switch(scene)
    halts.halt(EVERYTHING, "olga", "a drill")
    [missed] = await scene.copy("1")
    halts.lift(EVERYTHING, "olga", "it is over")
    assert await scene.execute(missed) == missed
    scene.sweep()
    [next_] = await scene.copy("1")
    assert (scene.stored(missed), next_.quantity) == (missed, Decimal(1))
    assert venue.holding(PERPETUAL) == 1


async def test_a_halt_between_claim_and_send_stops_the_send(
    scene: Scene, venue: ModelVenue
) -> None:
    claim = scene.orders.claim

    async def halted_meanwhile(order: CopyOrder, *more: Any) -> CopyOrder | None:
        switch(scene).halt(EVERYTHING, "olga", "stop")
        return await claim(order, *more)

    scene.orders.claim = halted_meanwhile  # type: ignore[method-assign]
    [order] = await scene.copy("1")
    assert (order.state, order.reason, venue.book) == (State.SKIPPED, "halted", [])
    assert scene.retries.started == {}
    booked = await scene.orders.booked(order)
    assert (booked.copied, booked.misses.entry) == (Decimal(0), Decimal(1))


async def test_a_retry_is_stopped_too(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.THROTTLED)
    [order] = await scene.copy("1")
    assert order.state is State.UNSENT
    switch(scene).halt(leader_scope("leader"), "olga", "stop")
    scene.clock.advance(60)
    turn = await scene.turn(order)
    assert (turn.state, turn.finding, venue.book) == (State.SKIPPED, "halted", [])


async def test_where_it_cannot_be_known_nothing_is_sent_yet(
    scene: Scene, venue: ModelVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(self: MemoryHalts, order: CopyOrder) -> bool:
        raise NotSent("it is not known whether entries are halted")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryHalts, "stops", unknown)
        [order] = await scene.copy("1")
    assert (order.state, venue.book) == (State.UNSENT, [])
    assert list(scene.retries.started.values()) == [order]
    turn = await scene.turn(order)
    assert (turn.state, len(venue.book)) == (State.COPIED, 1)


def test_each_action_is_on_the_trail(scene: Scene) -> None:
    halts = switch(scene)
    halted = halts.halt(leader_scope("leader"), "olga", "too wild")
    scene.clock.advance(1)
    halts.lift(leader_scope("leader"), "otto", "calm again")
    assert (halted.by, halted.at_ms, halted.why) == ("olga", EPOCH_MS, "too wild")
    told = [(a.subject, a.by, a.verb, a.why, a.detail) for a in scene.tables.trail]
    assert told == [
        ("leader", "olga", Verb.HALT, "too wild", "leader:leader"),
        ("leader", "otto", Verb.LIFT, "calm again", "leader:leader"),
    ]
    with pytest.raises(NotHalted):
        halts.lift(leader_scope("leader"), "otto", "again")
    assert len(scene.tables.trail) == 2


def test_the_oldest_halt_comes_first(scene: Scene) -> None:
    halts = switch(scene)
    for scope in ("venue:okx", EVERYTHING):
        halts.halt(scope, "olga", "a drill")
        scene.clock.advance(1)
    assert [halt.scope for halt in halts.standing()] == ["venue:okx", EVERYTHING]


@pytest.mark.parametrize("scope", ["", "everything", "venue:", "leader:a b", "all\n", "venue:OKX"])
def test_only_what_exists_is_halted(scene: Scene, scope: str) -> None:
    with pytest.raises(BadScope, match="to halt are"):
        switch(scene).halt(scope, "olga", "a drill")
    assert scene.tables.halts == {}


@pytest.mark.parametrize("why", ["", "  ", "x" * (LONGEST_WHY + 1), "a\nb", "\ud800"])
def test_an_operator_says_why(scene: Scene, why: str) -> None:
    with pytest.raises(NoReason, match="say why"):
        switch(scene).halt(EVERYTHING, "olga", why)
    assert (scene.tables.halts, scene.tables.trail) == ({}, [])
