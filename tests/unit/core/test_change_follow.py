"""Rules change from now on; a symbol that is held is not copied as another one."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.follows import EVERYTHING, CannotFollow, Follow, Outdated, Status
from pilotfish.domain.orders import State
from pilotfish.domain.rule_choices import MarginRule
from pilotfish.domain.rules import BadRules, Rules
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.change_follow import Named
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, a_follow
from tests.fakes.scene import Scene

FOLLOW = Named("leader", "follow-1", Viewer("user-1"))
ETH = "ETH/USDT:USDT"


def rules(scene: Scene, named: Named = FOLLOW, **stated: Any) -> Follow:
    return scene.change_follow.rules(named, Rules(**stated))


class TestRules:
    async def test_hold_for_what_comes(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        changed = rules(scene, multiplier=Decimal("0.5"))
        assert (changed.version, changed.changed_ms) == (1, scene.clock())
        await scene.copy("2")
        assert venue.holding(PERPETUAL) == 3
        await scene.copy("-4")
        assert venue.holding(PERPETUAL) == 0

    def test_what_stays_the_same_is_no_change(self, scene: Scene, venue: ModelVenue) -> None:
        assert rules(scene).version == 0

    async def test_symbols_are_mapped_anew_while_it_is_paused(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        with pytest.raises(CannotFollow, match="while the follow is paused"):
            rules(scene, symbols={PERPETUAL: ETH})
        scene.change_follow.pause(FOLLOW)
        assert rules(scene, symbols={PERPETUAL: ETH}).rules.symbols == {PERPETUAL: ETH}
        scene.change_follow.resume(FOLLOW)
        await scene.copy("2")
        assert venue.holding(ETH) == 2

    @pytest.mark.parametrize("symbols", [{PERPETUAL: ETH}, {"SOL/USDT:USDT": PERPETUAL}])
    async def test_not_one_that_is_held(
        self, scene: Scene, venue: ModelVenue, symbols: dict[str, str]
    ) -> None:
        """Its exits would look for the other one, and it would be held for ever."""
        await scene.copy("2")
        scene.change_follow.pause(FOLLOW)
        with pytest.raises(BadRules, match=f"{PERPETUAL} is held") as refused:
            rules(scene, symbols=symbols)
        assert refused.value.field == "symbols"
        await scene.copy("-2")
        assert rules(scene, symbols=symbols).rules.symbols == symbols

    def test_margin_that_its_venue_does_not_set_is_refused(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        before = scene.contents()
        with pytest.raises(BadRules, match="is set on model") as refused:
            rules(scene, margin_mode=MarginRule.ISOLATED)
        assert refused.value.field == "margin_mode"
        assert scene.contents() == before

    async def test_nor_one_that_may_yet_be(self, scene: Scene, venue: ModelVenue) -> None:
        venue.script.append(Fault.TIMEOUT_ACCEPTED)
        [entry] = await scene.copy("2")
        assert entry.state is State.UNKNOWN
        scene.change_follow.pause(FOLLOW)
        with pytest.raises(BadRules, match=f"{PERPETUAL} is held"):
            rules(scene, symbols={PERPETUAL: ETH})


class TestPause:
    async def test_an_entry_that_is_planned_is_not_sent_any_more(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        [order] = scene.decide("2")
        scene.change_follow.pause(FOLLOW)
        await scene.execute(order)
        assert (scene.stored(order).state, venue.book) == (State.SKIPPED, [])

    async def test_what_was_missed_is_not_made_up_for(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        scene.change_follow.pause(FOLLOW)
        await scene.copy("2")
        assert scene.change_follow.resume(FOLLOW).version == 2
        assert venue.holding(PERPETUAL) == 2
        await scene.copy("-2")
        assert venue.holding(PERPETUAL) == 1
        await scene.copy("1")
        assert venue.holding(PERPETUAL) == 2

    def test_twice_is_once(self, scene: Scene, venue: ModelVenue) -> None:
        scene.change_follow.pause(FOLLOW)
        assert scene.change_follow.pause(FOLLOW).version == 1

    @pytest.mark.parametrize("status", [Status.CLOSE_ONLY, Status.STOPPED])
    def test_not_one_that_is_stopped(self, scene: Scene, venue: ModelVenue, status: Status) -> None:
        scene.follows.save(a_follow(status=status))
        with pytest.raises(CannotFollow, match=f"it is {status}"):
            scene.change_follow.pause(FOLLOW)

    def test_close_only_can_be_taken_back_and_a_stop_cannot(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        scene.follows.save(a_follow(status=Status.CLOSE_ONLY))
        assert scene.change_follow.resume(FOLLOW).active
        scene.follows.save(a_follow(status=Status.STOPPED))
        with pytest.raises(CannotFollow, match="begin anew"):
            scene.change_follow.resume(FOLLOW)

    def test_not_while_it_is_closing(self, scene: Scene, venue: ModelVenue) -> None:
        scene.follows.save(a_follow(status=Status.CLOSE_ONLY, closing=EVERYTHING))
        with pytest.raises(CannotFollow, match="being closed"):
            scene.change_follow.resume(FOLLOW)


def test_somebody_else_s_change_is_not_overwritten(
    scene: Scene, venue: ModelVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between the look and the write; who named no version looks again."""
    change, races = scene.follows.change, [Decimal(2), Decimal(3)]

    def raced(before: Follow, after: Follow) -> bool:
        if races:
            now = scene.follows.get("leader", "follow-1")
            assert now is not None
            change(now, replace(now, rules=Rules(multiplier=races.pop())))
        return change(before, after)

    monkeypatch.setattr(scene.follows, "change", raced)
    with pytest.raises(Outdated):
        scene.change_follow.pause(replace(FOLLOW, version=0))
    paused = scene.change_follow.pause(FOLLOW)
    assert (paused.status, paused.rules.multiplier) == (Status.PAUSED, 2)
