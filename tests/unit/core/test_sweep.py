"""The tables are the truth: what a lost trigger left behind is found."""

from pilotfish.domain.orders import State
from pilotfish.usecases.sweep import PATIENCE_MS, Swept
from tests.fakes import Fault
from tests.fakes.scene import Scene


def test_nothing_is_left_behind(scene: Scene) -> None:
    assert scene.sweep() == Swept(0, 0)


def test_a_fill_that_nobody_decided_is_decided(scene: Scene) -> None:
    scene.follower()
    scene.fill("1")
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(1, 0)
    [order] = scene.tables.orders.values()
    assert order.state is State.PLANNED
    assert scene.sweep() == Swept(0, 0)


def test_a_fill_that_is_still_with_the_mapper_is_left_alone(scene: Scene) -> None:
    scene.follower()
    scene.fill("1")
    scene.clock.now_ms += PATIENCE_MS
    assert scene.sweep() == Swept(0, 0)
    assert scene.tables.orders == {}


async def test_an_order_that_nobody_sent_is_sent_by_the_saga(scene: Scene) -> None:
    venue = scene.follower()
    [order] = scene.decide("1")
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(0, 1)
    assert list(scene.retries.started.values()) == [order]
    assert (await scene.turn(order)).state is State.COPIED
    assert len(venue.book) == 1
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(0, 0)


async def test_an_order_whose_worker_died_after_the_claim_is_found(scene: Scene) -> None:
    scene.follower()
    [order] = scene.decide("1")
    await scene.orders.claim(order, order.quantity, scene.clock())
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(0, 1)
    [found] = scene.retries.started.values()
    assert found.state is State.SENT


async def test_sweeping_again_starts_no_second_saga(scene: Scene) -> None:
    venue = scene.follower()
    venue.script.append(Fault.TIMEOUT_LOST)
    await scene.copy("1")
    assert len(scene.retries.started) == 1
    scene.clock.now_ms += PATIENCE_MS + 1
    for _ in range(3):
        assert scene.sweep() == Swept(0, 1)
    assert len(scene.retries.started) == 1


def test_what_cannot_be_done_keeps_nobody_else_back(scene: Scene) -> None:
    """The oldest fill waits for a venue that was never published."""
    scene.follower(1, venue="elsewhere", leader_id="poisoned")
    scene.follower(2)
    scene.fill("1", account_id="poisoned")
    scene.fill("1", trade_id="2")
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(fills=2, orders=0, failed=1)
    assert [order.follow_id for order in scene.tables.orders.values()] == ["follow-2"]
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(fills=1, orders=1, failed=1)
    assert len(scene.retries.started) == 1


def test_one_saga_that_does_not_start_keeps_no_other_back(scene: Scene) -> None:
    scene.follower(1)
    scene.follower(2)
    first, second = scene.decide("1")
    start = scene.retries.start

    def throttled(order: object) -> None:
        if order == first:
            raise ConnectionError
        start(second)

    scene.retries.start = throttled  # type: ignore[method-assign]
    scene.clock.now_ms += PATIENCE_MS + 1
    assert scene.sweep() == Swept(fills=0, orders=2, failed=1)
    assert list(scene.retries.started.values()) == [second]


def test_a_sweep_can_be_told_to_be_impatient(scene: Scene) -> None:
    scene.follower()
    scene.fill("1")
    scene.clock.now_ms += 1
    assert scene.sweep(patience_ms=0) == Swept(1, 0)
