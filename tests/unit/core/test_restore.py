"""What a follower lost of its copies is bought back once, at the leader's price, or not at all."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.follows import Status
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.usecases.reconcile import Reconciled
from tests.fakes import ModelVenue, simulate
from tests.fakes.samples import PERPETUAL, a_follow, an_instrument
from tests.fakes.scene import Scene

NET = f"{PERPETUAL}#net"
RESTORES = {"on_drift": "restore", "max_slippage": Decimal("0.01")}


@pytest.fixture
def venue(scene: Scene) -> ModelVenue:
    scene.tables.baselines.add("leader")
    return scene.follower(**RESTORES)


def copy(scene: Scene, quantity: str, **more: Any) -> None:
    simulate(scene.clock, scene.copy(quantity, **more))


def reconcile(scene: Scene) -> Reconciled:
    """A run, and what it planned leaves."""

    async def all_of_it() -> Reconciled:
        found = await scene.reconcile("0")
        for order in scene.stored_orders():
            if order.state is State.PLANNED:
                await scene.execute(order)
        return found

    scene.clock.advance(300)
    return simulate(scene.clock, all_of_it())


def last(scene: Scene) -> CopyOrder:
    return scene.stored_orders()[-1]


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_gone_is_bought_back_at_the_leader_s_price(
    scene: Scene, venue: ModelVenue, sign: int
) -> None:
    copy(scene, str(2 * sign))
    venue.trade(PERPETUAL, str(Decimal("-1.5") * sign))
    [drift] = reconcile(scene).drifts
    assert (drift.accepted, drift.why) == (True, "restore")
    assert venue.holding(PERPETUAL) == 2 * sign
    assert scene.tables.booked["follow-1", NET].copied == 2 * sign
    _, record, restored = scene.stored_orders()
    assert record.reason == "closed_elsewhere"
    assert (restored.state, restored.quantity) == (State.COPIED, Decimal("1.5"))
    assert restored.limit_price == 100 + sign
    assert restored.order_key.endswith(f"-{PERPETUAL}-restored~2#entry")


def test_a_second_run_finds_nothing(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "2")
    venue.trade(PERPETUAL, "-1.5")
    reconcile(scene)
    before = scene.contents()
    assert reconcile(scene) == Reconciled(accounts=1)
    assert scene.contents() == before


def test_a_run_waits_for_what_is_being_bought_back(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "2")
    venue.trade(PERPETUAL, "-1.5")
    simulate(scene.clock, scene.reconcile("0"))
    venue.trade(PERPETUAL, "-0.5")
    [left] = simulate(scene.clock, scene.reconcile("0")).left
    assert left.why == "an order is under way"
    assert len(scene.stored_orders()) == 3


def test_the_leader_s_exits_take_their_fraction_of_all_of_it(
    scene: Scene, venue: ModelVenue
) -> None:
    copy(scene, "2")
    venue.trade(PERPETUAL, "-1.5")
    reconcile(scene)
    copy(scene, "-1")
    assert venue.holding(PERPETUAL) == 1
    copy(scene, "-1")
    assert venue.holding(PERPETUAL) == 0


def test_beyond_the_slippage_it_stays_gone(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "2")
    venue.trade(PERPETUAL, "-1.5")
    venue.price = Decimal("101.1")
    reconcile(scene)
    assert (last(scene).state, last(scene).reason) == (State.EXPIRED, "slippage")
    assert venue.holding(PERPETUAL) == Decimal("0.5")
    assert reconcile(scene) == Reconciled(accounts=1)
    copy(scene, "-1")
    assert venue.holding(PERPETUAL) == Decimal("0.25")


def test_the_price_is_the_leader_s_last_one(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "2")
    copy(scene, "-1", price=Decimal(200))
    venue.price = Decimal(201)
    venue.trade(PERPETUAL, "-1")
    reconcile(scene)
    assert (last(scene).reference_price, last(scene).limit_price) == (200, 202)
    assert venue.holding(PERPETUAL) == 1


def test_it_is_not_multiplied_again(scene: Scene, venue: ModelVenue) -> None:
    scene.follows.save(a_follow(multiplier=Decimal(3), **RESTORES))
    copy(scene, "1")
    venue.trade(PERPETUAL, "-2")
    reconcile(scene)
    assert venue.holding(PERPETUAL) == 3


class TestNotBoughtBack:
    def reason(self, scene: Scene) -> str:
        [drift] = reconcile(scene).drifts
        assert drift.accepted
        assert last(scene).state is State.SKIPPED
        return last(scene).reason

    def test_when_the_leader_has_left(self, scene: Scene, venue: ModelVenue) -> None:
        """Its exit was refused, because there was nothing left to close."""
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        copy(scene, "-2")
        assert self.reason(scene) == "closed_since"
        assert venue.holding(PERPETUAL) == 0

    def test_more_than_the_leader_s_exits_left_of_it(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        copy(scene, "-1.5")
        reconcile(scene)
        assert venue.holding(PERPETUAL) == Decimal("0.5")

    def test_when_nobody_knows_a_price(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        scene.tables.held["leader"].positions.clear()
        venue.trade(PERPETUAL, "-2")
        assert self.reason(scene) == "no_reference_price"

    def test_when_the_market_is_closed(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        scene.instruments.publish("model", [an_instrument(open=False)], 0)
        venue.trade(PERPETUAL, "-2")
        assert self.reason(scene) == "market_closed"

    def test_beyond_the_cap_of_one_order(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        scene.follows.save(a_follow(max_order_notional=Decimal(120), **RESTORES))
        venue.trade(PERPETUAL, "-2")
        reconcile(scene)
        assert venue.holding(PERPETUAL) == Decimal("1.2")

    def test_beyond_the_cap_of_the_position(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        scene.follows.save(a_follow(max_position_notional=Decimal(120), **RESTORES))
        venue.trade(PERPETUAL, "-1")
        reconcile(scene)
        assert venue.holding(PERPETUAL) == Decimal("1.2")

    def test_for_a_follow_that_was_stopped_before_the_send(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        simulate(scene.clock, scene.reconcile("0"))
        scene.follows.save(a_follow(status=Status.STOPPED, **RESTORES))
        simulate(scene.clock, scene.execute(last(scene)))
        assert (last(scene).state, last(scene).reason) == (State.SKIPPED, "follow_stopped")
        assert venue.holding(PERPETUAL) == 0

    def test_for_a_stopped_follow(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        scene.follows.save(a_follow(status=Status.STOPPED, **RESTORES))
        assert reconcile(scene) == Reconciled()

    def test_when_the_books_moved_meanwhile(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        asked = iter([None, lambda: scene.decide("-1")])

        def exits() -> None:
            happens = next(asked)
            if happens:
                happens()

        venue.on_positions = exits
        scene.clock.advance(1)
        found = simulate(scene.clock, scene.reconcile("0"))
        assert found.drifts == []
        assert all("restored" not in order.fill_id for order in scene.stored_orders())


def test_of_two_follows_on_an_account_each_gets_its_own_back(
    scene: Scene, venue: ModelVenue
) -> None:
    scene.follows.save(a_follow(2, account_id="follower-1", on_drift="accept"))
    copy(scene, "2")
    venue.trade(PERPETUAL, "-4")
    reconcile(scene)
    assert venue.holding(PERPETUAL) == 2
    assert scene.tables.booked["follow-1", NET].copied == 2
    assert scene.tables.booked["follow-2", NET].copied == 0


def test_a_follow_that_only_reports_holds_up_the_other(scene: Scene, venue: ModelVenue) -> None:
    scene.follows.save(a_follow(2, account_id="follower-1"))
    copy(scene, "2")
    venue.trade(PERPETUAL, "-4")
    before = scene.contents()
    [drift] = reconcile(scene).drifts
    assert (drift.accepted, drift.why) == (False, "report")
    assert scene.contents() == before


def test_it_is_bought_back_in_the_followers_units() -> None:
    theirs, own = "1000PEPE/USDT:USDT", "PEPE/USDT:USDT"
    fine = {"lot": Decimal(1), "min_quantity": Decimal(1), "tick": Decimal("0.0001")}
    scene = Scene(instruments=[an_instrument(own, **fine)])
    scene.tables.baselines.add("leader")
    venue = scene.follower(multiples=True, **RESTORES)
    venue.price, venue.lot = Decimal("0.1"), Decimal(1)
    copy(scene, "2", symbol=theirs)
    assert venue.holding(own) == 2_000
    venue.trade(own, "-1500")
    reconcile(scene)
    assert venue.holding(own) == 2_000
    assert (last(scene).quantity, last(scene).limit_price) == (1_500, Decimal("0.101"))


def test_a_coin_that_is_on_the_deny_list_by_now_is_not_bought_back(
    scene: Scene, venue: ModelVenue
) -> None:
    copy(scene, "2")
    venue.trade(PERPETUAL, "-1.5")
    scene.follows.save(a_follow(1, never=("BTC",), **RESTORES))
    reconcile(scene)
    assert (last(scene).state, last(scene).reason) == (State.SKIPPED, "on_the_deny_list")
    assert venue.holding(PERPETUAL) == Decimal("0.5")
