"""Who stops says what becomes of the copies; what is to be closed is, once, and nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import Side
from pilotfish.domain.follows import EVERYTHING, CannotFollow, NoSuchFollow, Outdated, Status
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.change_follow import Named
from pilotfish.usecases.end_follows import EXITS_MS, PATIENCE_MS, SETTLED_MS, Ended
from pilotfish.usecases.stop_follow import How, Stop, Stopped
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, SPOT, a_follow, an_account, an_instrument
from tests.fakes.scene import Scene

ETH = "ETH/USDT:USDT"
NET = f"{PERPETUAL}#net"
OWNER = Viewer("user-1")
FOLLOW = Named("leader", "follow-1", OWNER)
LISTENING = {
    ("c1", "trader:leader"): "user-1",
    ("c2", "trader:leader"): "user-2",
    ("c1", "trader:other"): "user-1",
}


def stop(scene: Scene, how: How, *positions: str, named: Named = FOLLOW) -> Stopped:
    return scene.stop_follow(named, Stop(how, positions))


async def send(scene: Scene) -> list[CopyOrder]:
    """What is planned leaves; all orders as they are then."""
    for order in scene.stored_orders():
        if order.state is State.PLANNED:
            await scene.execute(order)
    return scene.stored_orders()


async def sweep(scene: Scene, seconds: float = SETTLED_MS / 1000) -> Ended:
    """A pass some time later, and what it planned sent."""
    scene.clock.advance(seconds)
    ended = scene.end_follows()
    await send(scene)
    return ended


def stored(scene: Scene, number: int = 1) -> Any:
    return scene.follows.get("leader", f"follow-{number}")


class TestKeep:
    async def test_what_was_copied_stays_and_nothing_is_followed(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        assert stop(scene, How.KEEP).left == []
        assert scene.decide("-1") == scene.decide("1") == []
        assert await sweep(scene) == Ended()
        assert (venue.holding(PERPETUAL), stored(scene).status) == (2, Status.STOPPED)

    async def test_an_entry_that_is_planned_then_is_never_sent(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        [order] = scene.decide("2")
        stop(scene, How.KEEP)
        await send(scene)
        assert (scene.stored(order).reason, venue.book) == ("follow_stopped", [])

    async def test_ends_a_closing_that_is_under_way(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        venue.script.append(Fault.REFUSED)
        stop(scene, How.CLOSE)
        await send(scene)
        stop(scene, How.KEEP)
        assert await sweep(scene) == Ended()
        assert venue.holding(PERPETUAL) == 2


class TestClose:
    async def test_all_of_it_leaves_at_once_reduce_only(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        await scene.copy("-3", symbol=ETH)
        stopped = stop(scene, How.CLOSE)
        assert [left.symbol for left in stopped.left] == [PERPETUAL, ETH]
        assert (stopped.follow.status, stopped.follow.closing) == (Status.STOPPED, EVERYTHING)
        await send(scene)
        asked = [order.request for order in venue.book[2:]]
        assert [(r.side, r.quantity, r.reduce_only) for r in asked] == [
            (Side.SELL, 2, True),
            (Side.BUY, 3, True),
        ]
        assert (venue.holding(PERPETUAL), venue.holding(ETH)) == (0, 0)

    async def test_is_over_once_nothing_is_left(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        stop(scene, How.CLOSE)
        await send(scene)
        assert await sweep(scene, 1) == Ended(1, 0)
        assert await sweep(scene) == Ended(1, 1)
        assert await sweep(scene) == Ended()
        assert (stored(scene).closing, stored(scene).status) == ((), Status.STOPPED)

    async def test_whoever_asks_again_sends_nothing_twice(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        stop(scene, How.CLOSE)
        stop(scene, How.CLOSE)
        scene.close_copies(stored(scene))
        await send(scene)
        stop(scene, How.CLOSE)
        await send(scene)
        assert [order.request.quantity for order in venue.book] == [2, 2]

    async def test_a_crash_after_the_stop_loses_nothing(
        self, scene: Scene, venue: ModelVenue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await scene.copy("2")
        look: Any = scene.close_copies._close
        monkeypatch.setattr(scene.close_copies, "_close", crash)
        stop(scene, How.CLOSE)
        assert (await sweep(scene)).failed == 1
        monkeypatch.setattr(scene.close_copies, "_close", look)
        await sweep(scene)
        assert venue.holding(PERPETUAL) == 0

    @pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.PARTIAL])
    async def test_what_an_exit_left_is_closed(
        self, scene: Scene, venue: ModelVenue, fault: Fault
    ) -> None:
        await scene.copy("2")
        venue.script.append(fault)
        stop(scene, How.CLOSE)
        await send(scene)
        assert venue.holding(PERPETUAL) > 0
        assert (await sweep(scene)).ended == 0
        assert venue.holding(PERPETUAL) == 0
        assert (await sweep(scene)).ended == 1

    async def test_an_entry_that_was_sent_before_is_closed_when_it_fills(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        venue.script.append(Fault.TIMEOUT_ACCEPTED)
        [entry] = await scene.copy("2")
        stop(scene, How.CLOSE)
        await send(scene)
        assert (await sweep(scene)).ended == 0
        await scene.turn(entry)
        await sweep(scene)
        assert venue.holding(PERPETUAL) == 0
        assert (await sweep(scene, 2 * SETTLED_MS / 1000)).ended == 1

    async def test_is_not_over_while_an_exit_waits_to_be_sent(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        stop(scene, How.CLOSE)
        scene.clock.advance(10 * SETTLED_MS / 1000)
        assert scene.end_follows() == Ended(1, 0)
        assert len(scene.stored_orders()) == 2
        assert stored(scene).closing == EVERYTHING

    async def test_is_not_over_while_nobody_knows_what_became_of_an_exit(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        venue.script.append(Fault.TIMEOUT_LOST)
        stop(scene, How.CLOSE)
        _, exit_ = await send(scene)
        assert await sweep(scene, 2 * SETTLED_MS / 1000) == Ended(1, 0)
        assert len(scene.stored_orders()) == 2
        for _ in range(8):
            scene.clock.advance(5)
            await scene.turn(exit_)
        assert venue.holding(PERPETUAL) == 0
        assert (await sweep(scene, 4 * SETTLED_MS / 1000)).ended == 1

    async def test_an_exit_of_the_leader_s_at_the_same_time_closes_nothing_twice(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        venue.held[NET] = Decimal(5)  # The owner's own.
        await scene.copy("4")
        scene.decide("-2")
        stop(scene, How.CLOSE)
        await send(scene)
        await sweep(scene)
        assert venue.holding(PERPETUAL) == 5

    async def test_what_the_owner_traded_stays(self, scene: Scene, venue: ModelVenue) -> None:
        venue.held[NET] = Decimal(5)
        await scene.copy("2")
        stop(scene, How.CLOSE)
        await send(scene)
        assert venue.holding(PERPETUAL) == 5

    async def test_what_was_kept_can_be_closed_later(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        stop(scene, How.KEEP)
        stop(scene, How.CLOSE)
        await send(scene)
        assert venue.holding(PERPETUAL) == 0

    async def test_what_cannot_be_closed_is_handed_to_its_owner(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        venue.script.extend([Fault.REFUSED] * 50)
        stop(scene, How.CLOSE)
        await send(scene)
        for _ in range(PATIENCE_MS // 60_000 + 30):
            await sweep(scene, 60)
        [(follow_id, [left])] = scene.told.unclosed_of
        assert (follow_id, left.symbol, left.quantity) == ("follow-1", PERPETUAL, 2)
        assert await sweep(scene) == Ended()
        assert len(scene.stored_orders()) < 15

    async def test_a_symbol_that_went_is_named(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        scene.instruments.publish("model", [], scene.clock())
        [left] = stop(scene, How.CLOSE).left
        assert (left.quantity, left.why) == (2, "unknown_symbol")

    async def test_dust_is_left(self) -> None:
        scene = Scene(instruments=[an_instrument(SPOT, min_notional=Decimal(50))])
        venue = scene.follower()
        scene.tables.baselines.add("leader")
        await scene.copy("1", symbol=SPOT)
        await scene.copy("-0.8", symbol=SPOT)
        assert stop(scene, How.CLOSE).left == []
        assert (await sweep(scene)).ended == 1
        assert venue.holding(SPOT) == Decimal("0.2")

    async def test_a_follow_that_begins_anew_wants_nothing_of_before(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("2")
        stop(scene, How.CLOSE)
        await send(scene)
        await sweep(scene)
        scene.follows.save(replace(stored(scene), status=Status.ACTIVE))
        await scene.copy("1")
        assert venue.holding(PERPETUAL) == 1
        await scene.copy("-3")
        assert venue.holding(PERPETUAL) == 0


class TestCloseSome:
    async def test_closes_those_and_keeps_the_others(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        await scene.copy("3", symbol=ETH)
        assert stop(scene, How.CLOSE_SOME, ETH).follow.closing == (f"{ETH}#net",)
        await send(scene)
        assert (venue.holding(PERPETUAL), venue.holding(ETH)) == (2, 0)
        await sweep(scene)
        assert venue.holding(PERPETUAL) == 2

    async def test_a_second_one_adds_to_the_first(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        await scene.copy("3", symbol=ETH)
        stop(scene, How.CLOSE_SOME, ETH)
        both = stop(scene, How.CLOSE_SOME, NET).follow.closing
        assert both == (NET, f"{ETH}#net")
        stop(scene, How.CLOSE)
        assert stop(scene, How.CLOSE_SOME, NET).follow.closing == EVERYTHING

    async def test_names_what_is_held(self, scene: Scene, venue: ModelVenue) -> None:
        await scene.copy("2")
        with pytest.raises(CannotFollow, match=rf"{ETH} is not held; {NET} is"):
            stop(scene, How.CLOSE_SOME, ETH, NET)
        with pytest.raises(CannotFollow, match="nothing is not held"):
            stop(scene, How.CLOSE_SOME)
        with pytest.raises(CannotFollow, match="close takes no positions"):
            stop(scene, How.CLOSE, NET)
        assert stored(scene).active


class TestCloseOnly:
    async def test_the_leader_s_exits_are_followed_until_nothing_is_left(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        await scene.copy("4")
        stop(scene, How.CLOSE_ONLY)
        assert await sweep(scene) == Ended(1, 0)
        await scene.copy("2")
        await scene.copy("-3")
        assert venue.holding(PERPETUAL) == 2
        assert await sweep(scene, EXITS_MS / 1000) == Ended(1, 0)
        await scene.copy("-3")
        assert await sweep(scene, EXITS_MS / 1000) == Ended(1, 1)
        assert stored(scene).status is Status.STOPPED

    async def test_an_entry_under_way_is_waited_for(self, scene: Scene, venue: ModelVenue) -> None:
        venue.script.append(Fault.TIMEOUT_ACCEPTED)
        [entry] = await scene.copy("2")
        stop(scene, How.CLOSE_ONLY)
        assert await sweep(scene) == Ended(1, 0)
        await scene.turn(entry)
        assert await sweep(scene, EXITS_MS / 1000) == Ended(1, 0)
        assert stored(scene).status is Status.CLOSE_ONLY

    async def test_after_a_stop_it_is_too_late_for_that(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        stop(scene, How.KEEP)
        with pytest.raises(CannotFollow, match="stopped already"):
            stop(scene, How.CLOSE_ONLY)


class TestOneAccountAndSeveralFollows:
    """The venue nets them into one position; the books do not."""

    @pytest.fixture
    async def both(self, scene: Scene, venue: ModelVenue) -> ModelVenue:
        """1 of one leader's and 3 of another's, and 5 of the owner's own."""
        venue.held[NET] = Decimal(5)
        scene.accounts.save(an_account("other", listen_shard="0"))
        other = a_follow(2, leader_id="other", account_id="follower-1", owner="user-1")
        scene.follows.save(other)
        await scene.copy("1")
        await scene.copy("3", account_id="other")
        assert venue.holding(PERPETUAL) == 9
        return venue

    async def test_closing_one_closes_nothing_of_the_other(
        self, scene: Scene, both: ModelVenue
    ) -> None:
        stop(scene, How.CLOSE)
        await send(scene)
        await sweep(scene)
        assert both.holding(PERPETUAL) == 8
        await scene.copy("-3", account_id="other")
        assert both.holding(PERPETUAL) == 5

    async def test_nor_when_its_exit_is_refused_and_tried_again(
        self, scene: Scene, both: ModelVenue
    ) -> None:
        both.script.extend([Fault.PARTIAL, Fault.REFUSED])
        stop(scene, How.CLOSE)
        await send(scene)
        for _ in range(4):
            await sweep(scene, 600)
        assert both.holding(PERPETUAL) == 8

    async def test_a_leader_s_exit_closes_nothing_of_the_other_s(
        self, scene: Scene, both: ModelVenue
    ) -> None:
        await scene.copy("-1")
        assert both.holding(PERPETUAL) == 8

    async def test_both_at_once_leave_the_owner_s_own(self, scene: Scene, both: ModelVenue) -> None:
        stop(scene, How.CLOSE)
        stop(scene, How.CLOSE, named=Named("other", "follow-2", OWNER))
        await asyncio.gather(*(scene.execute(order) for order in scene.stored_orders()))
        await sweep(scene)
        assert both.holding(PERPETUAL) == 5

    async def test_opposite_sides_of_one_way_account_never_close_each_other(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        """Net they are nothing: the venue refuses the reduce-only exit, and the owner is told."""
        scene.accounts.save(an_account("other", listen_shard="0"))
        other = a_follow(2, leader_id="other", account_id="follower-1", owner="user-1")
        scene.follows.save(other)
        await scene.copy("1")
        await scene.copy("-1", account_id="other")
        stop(scene, How.CLOSE)
        await send(scene)
        assert venue.holding(PERPETUAL) == 0
        books = scene.tables.booked
        assert (books["follow-1", NET].copied, books["follow-2", NET].copied) == (1, -1)


class TestWhose:
    @pytest.mark.parametrize(
        "act",
        [
            lambda scene, named: stop(scene, How.CLOSE, named=named),
            lambda scene, named: scene.change_follow.pause(named),
            lambda scene, named: scene.change_follow.resume(named),
            lambda scene, named: scene.change_follow.rules(named, a_follow().rules),
        ],
        ids=["stop", "pause", "resume", "rules"],
    )
    def test_another_s_follow_is_not_there(
        self, scene: Scene, venue: ModelVenue, act: Callable[[Scene, Named], Awaitable[Any]]
    ) -> None:
        before = scene.contents()
        for named in (
            replace(FOLLOW, by=Viewer("user-2")),
            replace(FOLLOW, follow_id="nothing"),
            replace(FOLLOW, leader_id="other"),
        ):
            with pytest.raises(NoSuchFollow):
                act(scene, named)
        assert scene.contents() == before

    def test_an_operator_may_stop_anybody_s(self, scene: Scene, venue: ModelVenue) -> None:
        operator = Viewer("admin", operator=True)
        stop(scene, How.KEEP, named=replace(FOLLOW, by=operator))
        assert stored(scene).status is Status.STOPPED

    def test_who_has_seen_another_version_is_told(self, scene: Scene, venue: ModelVenue) -> None:
        scene.change_follow.pause(replace(FOLLOW, version=0))
        with pytest.raises(Outdated, match="at version 1"):
            stop(scene, How.CLOSE, named=replace(FOLLOW, version=0))
        assert stored(scene).status is Status.PAUSED


class TestSight:
    """Of `trader:leader`: on the follower's connection, another user's, and of another topic."""

    @pytest.fixture(autouse=True)
    def listening(self, scene: Scene, venue: ModelVenue) -> None:
        scene.accounts.save(an_account("leader", owner="ada", listen_shard="0"))
        scene.subscriptions.users |= LISTENING

    def left(self, scene: Scene) -> set[tuple[str, str]]:
        return set(scene.subscriptions.users)

    async def test_ends_with_the_follow_on_open_connections_too(self, scene: Scene) -> None:
        scene.change_follow.pause(FOLLOW)
        assert self.left(scene) == {*LISTENING}
        stop(scene, How.KEEP)
        assert self.left(scene) == {*LISTENING} - {("c1", "trader:leader")}

    async def test_of_one_who_leaves_with_the_leader_ends_last(self, scene: Scene) -> None:
        stop(scene, How.CLOSE_ONLY)
        assert self.left(scene) == {*LISTENING}
        assert (await sweep(scene)).ended == 1
        assert self.left(scene) == {*LISTENING} - {("c1", "trader:leader")}

    async def test_goes_on_with_another_follow(self, scene: Scene) -> None:
        scene.follows.save(a_follow(2, owner="user-1"))
        stop(scene, How.KEEP)
        assert self.left(scene) == {*LISTENING}

    async def test_a_stop_stands_whatever_becomes_of_it(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scene.subscriptions, "of_user", crash)
        assert stop(scene, How.KEEP).follow.status is Status.STOPPED


def crash(*_: Any) -> None:
    raise RuntimeError("the worker died")
