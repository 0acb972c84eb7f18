"""Several replays in one call: each by itself, in pages that end."""

import pytest

from pilotfish.domain.orders import CopyOrder, State
from pilotfish.usecases import replay_batch
from pilotfish.usecases.replay import Verdict
from pilotfish.usecases.replay_batch import ReplayBatch
from tests.fakes import Fault, MemoryAudit, ModelVenue
from tests.fakes.scene import Scene


@pytest.fixture
def batch(scene: Scene) -> ReplayBatch:
    return ReplayBatch(orders=scene.orders, audit=MemoryAudit(scene.tables), replay=scene.replay)


async def failed(scene: Scene, venue: ModelVenue, times: int) -> list[CopyOrder]:
    orders = []
    for _ in range(times):
        venue.script.append(Fault.REFUSED)
        orders += await scene.copy("1")
        scene.clock.advance(60)
    return orders


async def test_orders_by_name(scene: Scene, venue: ModelVenue, batch: ReplayBatch) -> None:
    first, second, _ = await failed(scene, venue, 3)
    keys = [(order.follow_id, order.order_key) for order in (first, second)]
    done = await batch([("follow-1", "nothing"), *keys], None, dry_run=False)
    assert [(one.order_id, one.was, one.verdict) for one in done.orders] == [
        ("follow-1/nothing", None, Verdict.REFUSED),
        (first.order_id, State.REJECTED, Verdict.SENT_AGAIN),
        (second.order_id, State.REJECTED, Verdict.SENT_AGAIN),
    ]
    assert len(scene.retries.started) == 2


async def test_all_that_failed_since(scene: Scene, venue: ModelVenue, batch: ReplayBatch) -> None:
    _, second, third = await failed(scene, venue, 3)
    dry = await batch([], second.answered_ms, dry_run=True)
    assert scene.retries.started == {}
    done = await batch([], second.answered_ms, dry_run=False)
    assert dry == done
    assert [one.order_id for one in done.orders] == [second.order_id, third.order_id]
    assert (await batch([], second.answered_ms, dry_run=False)).orders == []


async def test_one_that_breaks_holds_up_no_other(
    scene: Scene, venue: ModelVenue, batch: ReplayBatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = await failed(scene, venue, 2)
    honest = scene.fills.get

    def broken(account_id: str, fill_id: str) -> object:
        if fill_id == first.fill_id:
            raise ValueError("nobody can read it")
        return honest(account_id, fill_id)

    scene.fills.get = broken  # type: ignore[assignment, method-assign]
    done = await batch([], 0, dry_run=False)
    assert [one.verdict for one in done.orders] == [Verdict.REFUSED, Verdict.SENT_AGAIN]
    assert "nobody can read it" in done.orders[0].why
    assert "not replayed" in caplog.text


async def test_pages(
    scene: Scene, venue: ModelVenue, batch: ReplayBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await failed(scene, venue, 3)
    monkeypatch.setattr(replay_batch, "MOST", 2)
    first = await batch([], 0, dry_run=False)
    assert (len(first.orders), first.more_since_ms) == (2, orders[2].answered_ms)
    rest = await batch([], first.more_since_ms, dry_run=False)
    assert [one.order_id for one in rest.orders] == [orders[2].order_id]
    assert rest.more_since_ms is None
