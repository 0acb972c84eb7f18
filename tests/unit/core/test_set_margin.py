"""An entry's market is at the leverage that its follow wants before the entry is claimed."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.margining import BELIEVED_MS, CLAIMED_MS, Margin, MarginMode
from pilotfish.domain.orders import Leg, Reason, State
from pilotfish.domain.rule_choices import LeverageRule, MarginRule
from pilotfish.domain.rules import Rules
from pilotfish.usecases.set_margin import LEADERS_MS, SetMargin
from tests.fakes import ModelVenue
from tests.fakes.margins import MemoryMargins
from tests.fakes.samples import PERPETUAL, SPOT, an_account, an_order
from tests.fakes.scene import Scene

FIVE = Margin(Decimal(5))
CROSS, ISOLATED = MarginMode.CROSS, MarginMode.ISOLATED


@pytest.fixture
def scene() -> Scene:
    return Scene()


def follower(scene: Scene, number: int = 1, account: str = "", **rules: Any) -> ModelVenue:
    more = {"account_id": account} if account else {}
    return scene.follower(number, rules=Rules(**rules), **more)


def fixed(scene: Scene, number: int = 1, account: str = "", **rules: Any) -> ModelVenue:
    return follower(
        scene, number, account, **{"leverage_mode": "fixed", "leverage": Decimal(5)} | rules
    )


@pytest.fixture
def leader(scene: Scene) -> ModelVenue:
    venue = scene.venues.of["leader"] = ModelVenue(scene.clock, "leader")
    venue.margins[PERPETUAL] = Margin(Decimal(20), ISOLATED)
    return venue


async def test_an_account_keeps_its_own_unless_a_rule_says_otherwise(scene: Scene) -> None:
    venue = follower(scene, leverage=Decimal(5))
    [order] = await scene.copy("1")
    assert order.state is State.COPIED
    assert venue.margins_set == []
    assert scene.tables.margins == {}


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ({"leverage_mode": "fixed", "leverage": Decimal(5)}, FIVE),
        ({"margin_mode": "cross"}, Margin(mode=CROSS)),
        ({"margin_mode": "isolated"}, Margin(mode=ISOLATED)),
        (
            {"leverage_mode": "fixed", "leverage": Decimal("2.5"), "margin_mode": "cross"},
            Margin(Decimal("2.5"), CROSS),
        ),
    ],
)
async def test_it_is_set_before_the_entry_is_claimed_and_sent(
    scene: Scene, rules: dict[str, Any], wanted: Margin
) -> None:
    venue = follower(scene, **rules)
    [order] = scene.decide("1")
    venue.on_send = lambda request: seen.append(list(venue.margins_set))
    seen: list[Any] = []
    order = await scene.execute(order)
    assert seen == [[(PERPETUAL, wanted)]]
    assert order.state is State.COPIED


async def test_it_is_asked_for_once(scene: Scene) -> None:
    venue = fixed(scene)
    for quantity in ("1", "1", "-2", "1"):
        [order] = await scene.copy(quantity)
        assert order.state is State.COPIED
    assert venue.margins_set == [(PERPETUAL, FIVE)]


async def test_each_market_has_its_own(scene: Scene) -> None:
    venue = fixed(scene)
    await scene.copy("1")
    await scene.copy("1", symbol="ETH/USDT:USDT")
    assert [symbol for symbol, _ in venue.margins_set] == [PERPETUAL, "ETH/USDT:USDT"]


async def test_spot_has_none(scene: Scene) -> None:
    venue = fixed(scene)
    [order] = await scene.copy("1", symbol=SPOT)
    assert order.state is State.COPIED
    assert venue.margins_set == []


async def test_it_is_set_again_after_the_rules_changed(scene: Scene) -> None:
    venue = fixed(scene)
    await scene.copy("1")
    [follow] = scene.tables.follows.values()
    scene.follows.save(replace(follow, rules=replace(follow.rules, leverage=Decimal(7))))
    [order] = await scene.copy("1")
    assert order.state is State.COPIED
    assert venue.margins_set == [(PERPETUAL, FIVE), (PERPETUAL, Margin(Decimal(7)))]


async def test_what_was_set_long_ago_is_set_again(scene: Scene) -> None:
    venue = fixed(scene)
    await scene.copy("1")
    scene.clock.now_ms += BELIEVED_MS
    await scene.copy("1")
    assert venue.margins_set == [(PERPETUAL, FIVE)] * 2


def test_only_entries_into_derivatives_set_it() -> None:
    entry = an_order(leverage_mode=LeverageRule.FIXED, leverage=Decimal(5))
    assert entry.sets_margin
    assert an_order(margin_mode=MarginRule.CROSS).sets_margin
    assert not an_order().sets_margin
    assert not replace(entry, leg=Leg.EXIT).sets_margin
    assert not replace(entry, symbol=SPOT).sets_margin


class TestAnExit:
    async def test_sets_nothing_and_waits_for_nothing(self, scene: Scene) -> None:
        venue = fixed(scene)
        await scene.copy("1")
        scene.tables.margins.clear()
        venue.margin_script.extend([OutcomeUnknown("timed out")] * 5)
        [order] = await scene.copy("-1")
        assert order.state is State.COPIED
        assert venue.margins_set == [(PERPETUAL, FIVE)]

    async def test_is_not_kept_waiting_by_a_venue_that_does_not_answer(self, scene: Scene) -> None:
        """The entry goes to the saga, and the exit is next."""

        async def never(symbol: str, margin: Margin) -> None:
            await asyncio.Event().wait()

        venue = fixed(scene)
        venue.set_margin = never  # type: ignore[method-assign]
        scene.set_margin._within_s = 0.01
        [order] = scene.decide("1")
        order = await asyncio.wait_for(scene.execute(order), 5)
        assert order.state is State.UNSENT
        assert "not set in time" in order.reason
        assert list(scene.retries.started.values()) == [order]


class TestWhatTheVenueSays:
    async def test_a_refusal_ends_the_entry_in_the_venues_words(self, scene: Scene) -> None:
        venue = fixed(scene)
        venue.margin_script.append(Rejected("a position is open"))
        [order] = await scene.copy("1")
        assert order.state is State.SKIPPED
        assert order.reason == f"{Reason.LEVERAGE_REFUSED}: a position is open"
        assert venue.book == []

    async def test_it_is_asked_again_with_the_next_entry(self, scene: Scene) -> None:
        venue = fixed(scene)
        venue.margin_script.append(Rejected("a position is open"))
        await scene.copy("1")
        [order] = await scene.copy("1")
        assert order.state is State.COPIED
        assert venue.margins_set == [(PERPETUAL, FIVE)]

    @pytest.mark.parametrize(
        "trouble", [OutcomeUnknown("502 bad gateway"), NotSent("429", wait_s=3.0)], ids=str
    )
    async def test_whatever_else_is_tried_again_by_the_saga(
        self, scene: Scene, trouble: VenueError
    ) -> None:
        venue = fixed(scene)
        venue.margin_script.append(trouble)
        [order] = await scene.copy("1")
        assert order.state is State.UNSENT
        assert venue.book == []
        scene.clock.now_ms = max(scene.clock.now_ms, order.not_before_ms)
        assert (await scene.turn(order)).state is State.COPIED
        # What was taken and not answered is set once more: nobody relies on a lost answer.
        assert venue.margins_set == [(PERPETUAL, FIVE)] * 2

    async def test_a_lost_answer_is_not_taken_for_done_by_another_entry(self, scene: Scene) -> None:
        venue = fixed(scene)
        venue.margin_script.append(OutcomeUnknown("timed out"))
        await scene.copy("1")
        venue.margins[PERPETUAL] = Margin()  # It never arrived.
        [order] = await scene.copy("1")
        assert order.state is State.COPIED
        assert venue.margins[PERPETUAL] == FIVE

    async def test_an_entry_that_grew_late_meanwhile_is_not_sent(self, scene: Scene) -> None:
        venue = fixed(scene)
        [order] = scene.decide("1")

        async def slow(symbol: str, margin: Margin) -> None:
            scene.clock.now_ms = order.expires_ms + 1

        venue.set_margin = slow  # type: ignore[method-assign]
        order = await scene.execute(order)
        assert (order.state, order.reason) == (State.EXPIRED, Reason.LATE)
        assert venue.book == []


class TestTheLeadersOwn:
    @pytest.mark.parametrize(
        ("rules", "most", "wanted"),
        [
            ({"leverage_mode": "follow"}, None, Margin(Decimal(20))),
            ({"leverage_mode": "follow", "leverage_cap": Decimal(10)}, None, Margin(Decimal(10))),
            ({"leverage_mode": "follow", "leverage_cap": Decimal(50)}, 15, Margin(Decimal(15))),
            ({"margin_mode": "follow"}, None, Margin(mode=ISOLATED)),
            (
                {"leverage_mode": "follow", "margin_mode": "cross"},
                None,
                Margin(Decimal(20), CROSS),
            ),
            (
                {"leverage_mode": "fixed", "leverage": Decimal(3), "margin_mode": "follow"},
                None,
                Margin(Decimal(3), ISOLATED),
            ),
        ],
    )
    async def test_is_followed_as_far_as_cap_and_market_let_it(
        self,
        scene: Scene,
        leader: ModelVenue,
        rules: dict[str, Any],
        most: int | None,
        wanted: Margin,
    ) -> None:
        venue = follower(scene, **rules)
        venue.most = Decimal(most) if most else None
        [order] = await scene.copy("1")
        assert order.state is State.COPIED
        assert venue.margins_set == [(PERPETUAL, wanted)]

    async def test_is_looked_at_again_and_followed_when_it_changed(
        self, scene: Scene, leader: ModelVenue
    ) -> None:
        venue = follower(scene, leverage_mode="follow")
        await scene.copy("1")
        leader.margins[PERPETUAL] = Margin(Decimal(4))
        await scene.copy("1")
        assert venue.margins_set == [(PERPETUAL, Margin(Decimal(20)))]
        scene.clock.now_ms += LEADERS_MS
        await scene.copy("1")
        assert venue.margins_set[1:] == [(PERPETUAL, Margin(Decimal(4)))]

    async def test_is_that_of_the_leaders_market(self, scene: Scene, leader: ModelVenue) -> None:
        own = "ETH/USDT:USDT"
        venue = follower(scene, leverage_mode="follow", symbols={PERPETUAL: own})
        [order] = await scene.copy("1")
        assert order.state is State.COPIED
        assert venue.margins_set == [(own, Margin(Decimal(20)))]

    @pytest.mark.parametrize("rule", ["leverage_mode", "margin_mode"])
    async def test_that_nobody_tells_ends_the_entry(
        self, scene: Scene, leader: ModelVenue, rule: str
    ) -> None:
        leader.margins.clear()
        venue = follower(scene, **{rule: "follow"})
        [order] = await scene.copy("1")
        assert (order.state, order.reason) == (State.SKIPPED, Reason.LEVERAGE_UNKNOWN)
        assert venue.book == []

    async def test_of_a_leader_who_is_gone_is_not_known(
        self, scene: Scene, leader: ModelVenue
    ) -> None:
        follower(scene, leverage_mode="follow")
        scene.accounts.save(an_account("leader", enabled=False))
        [order] = await scene.copy("1")
        assert order.reason == Reason.LEVERAGE_UNKNOWN

    async def test_that_cannot_be_asked_now_is_asked_again(
        self, scene: Scene, leader: ModelVenue
    ) -> None:
        venue = follower(scene, leverage_mode="follow")
        scene.venues.of["leader"] = OutcomeUnknown("502")
        [order] = await scene.copy("1")
        assert order.state is State.UNSENT
        scene.venues.of["leader"] = leader
        assert (await scene.turn(order)).state is State.COPIED
        assert venue.margins_set == [(PERPETUAL, Margin(Decimal(20)))]


class TestTwoFollowsOfOneAccount:
    @pytest.fixture
    def venue(self, scene: Scene) -> ModelVenue:
        fixed(scene, 1, "shared")
        return fixed(scene, 2, "shared", leverage=Decimal(10))

    async def test_the_first_has_the_market_and_the_other_is_skipped(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        for _ in range(3):
            first, second = await scene.copy("1")
            assert first.state is State.COPIED
            assert (second.state, second.reason) == (State.SKIPPED, Reason.LEVERAGE_TAKEN)
            scene.clock.now_ms += BELIEVED_MS
        assert {margin for _, margin in venue.margins_set} == {FIVE}

    async def test_nothing_of_it_while_the_first_is_on_its_way(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        first, second = scene.decide("1")
        assert await scene.set_margin.bar(first, venue) == ""
        assert await scene.set_margin.bar(second, venue) == Reason.LEVERAGE_TAKEN

    async def test_it_has_the_market_once_the_first_holds_nothing(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("1")
        await scene.copy("-1")
        scene.clock.now_ms += CLAIMED_MS
        first, second = scene.decide("1")
        assert (await scene.execute(second)).state is State.COPIED
        assert (await scene.execute(first)).reason == Reason.LEVERAGE_TAKEN
        assert venue.margins_set == [(PERPETUAL, FIVE), (PERPETUAL, Margin(Decimal(10)))]

    async def test_that_want_the_same_both_have_it(self, scene: Scene) -> None:
        fixed(scene, 1, "shared")
        venue = fixed(scene, 2, "shared")
        orders = await scene.copy("1")
        assert {order.state for order in orders} == {State.COPIED}
        assert venue.margins_set == [(PERPETUAL, FIVE)]
        [mark] = scene.tables.margins.values()
        assert mark.follows == {"follow-1", "follow-2"}

    async def test_a_third_waits_for_both(self, scene: Scene) -> None:
        fixed(scene, 1, "shared")
        venue = fixed(scene, 2, "shared")
        await scene.copy("1")
        scene.clock.now_ms += CLAIMED_MS
        fixed(scene, 3, "shared", leverage=Decimal(10))
        scene.venues.of["shared"] = venue
        first, second, third = await scene.copy("1")
        assert {first.state, second.state} == {State.COPIED}
        assert third.reason == Reason.LEVERAGE_TAKEN

    async def test_one_that_leaves_it_as_it_is_is_no_other(self, scene: Scene) -> None:
        fixed(scene, 1, "shared")
        follower(scene, 2, "shared")
        assert {order.state for order in await scene.copy("1")} == {State.COPIED}


class TestTwoWorkersAtOnce:
    async def test_both_send_theirs_and_the_market_is_as_wanted(self, scene: Scene) -> None:
        venue = fixed(scene)
        [one], [other] = scene.decide("1"), scene.decide("1")
        gates = [self.worker(scene), self.worker(scene)]
        bars = await asyncio.gather(gates[0].bar(one, venue), gates[1].bar(other, venue))
        assert list(bars) == ["", ""]
        assert venue.margins[PERPETUAL] == FIVE
        [mark] = scene.tables.margins.values()
        assert mark.margin == FIVE

    async def test_what_a_worker_began_and_did_not_end_is_asked_for_again(
        self, scene: Scene
    ) -> None:
        venue = fixed(scene)
        [order] = scene.decide("1")

        async def dies(symbol: str, margin: Margin) -> None:
            raise KeyboardInterrupt

        alive = venue.set_margin
        venue.set_margin = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            await self.worker(scene).bar(order, venue)
        venue.set_margin = alive  # type: ignore[method-assign]
        assert await self.worker(scene).bar(order, venue) == ""
        assert venue.margins_set == [(PERPETUAL, FIVE)]

    async def test_who_was_overtaken_by_another_setting_does_not_send(self, scene: Scene) -> None:
        """Its own went first: the market is not as it wants it any more."""
        fixed(scene, 1, "shared")
        venue = fixed(scene, 2, "shared", leverage=Decimal(10))
        first, second = scene.decide("1")
        scene.tables.margins.clear()
        alive = venue.set_margin

        async def overtaken(symbol: str, margin: Margin) -> None:
            await alive(symbol, margin)
            [mark] = scene.tables.margins.values()
            other = Margin(Decimal(10))
            follows = frozenset({second.follow_id})
            put = MemoryMargins(scene.tables).put
            assert put(
                replace(mark, margin=other, follows=follows, done=True, revision=mark.revision + 1)
            )
            venue.margins[symbol] = other

        venue.set_margin = overtaken  # type: ignore[method-assign]
        assert await self.worker(scene).bar(first, venue) == Reason.LEVERAGE_TAKEN

    @staticmethod
    def worker(scene: Scene) -> SetMargin:
        return SetMargin(
            accounts=scene.accounts,
            venues=scene.venues,
            margins=MemoryMargins(scene.tables),
            clock=scene.clock,
        )
