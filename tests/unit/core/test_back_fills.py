"""Back-fills as a person starts, stops, tries again and lists them."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.domain.errors import NoFurther, Rejected, SyncRefused
from pilotfish.domain.sync_sessions import DAY_MS, SyncSession, SyncStatus, shown
from pilotfish.usecases.back_fills import QUIET_MS
from pilotfish.usecases.sync_progress import Standing
from tests.fakes import EPOCH_MS, simulate
from tests.fakes.history_scene import HistoryScene
from tests.fakes.samples import PERPETUAL, an_account


@pytest.fixture
def scene() -> HistoryScene:
    return HistoryScene(page=10)


def run(scene: HistoryScene, main: Coroutine[Any, Any, None]) -> None:
    simulate(scene.clock, main)


async def failed(scene: HistoryScene) -> SyncSession:
    session = await scene.start()
    scene.venue.history_errors.append(Rejected("no"))
    with pytest.raises(NoFurther):
        await scene.worker().last("leader", session.session_id, 1, scene.clock() + 1)
    return scene.stored(session)


def test_a_new_session_is_of_the_last_30_days_and_has_its_execution(scene: HistoryScene) -> None:
    async def main() -> None:
        session = await scene.back_fills().start("leader", symbols=[PERPETUAL, PERPETUAL])
        assert (session.since_ms, session.until_ms) == (EPOCH_MS - 30 * DAY_MS, EPOCH_MS)
        assert session.symbols == (PERPETUAL,)
        assert scene.stored(session) == session
        assert scene.history_syncs.started == [(session.session_id, 1)]

    run(scene, main())


def test_30_days_are_counted_back_from_the_end_that_was_asked_for(scene: HistoryScene) -> None:
    async def main() -> None:
        until_ms = EPOCH_MS - 7 * DAY_MS
        session = await scene.start(until_ms=until_ms)
        assert (session.since_ms, session.until_ms) == (until_ms - 30 * DAY_MS, until_ms)

    run(scene, main())


def test_a_period_ends_now_at_the_latest(scene: HistoryScene) -> None:
    async def main() -> None:
        assert (await scene.start(until_ms=EPOCH_MS + DAY_MS)).until_ms == EPOCH_MS

    run(scene, main())


def test_what_cannot_be_started_is_refused_and_leaves_nothing(scene: HistoryScene) -> None:
    scene.accounts.save(an_account("off", enabled=False))

    async def main() -> None:
        back_fills = scene.back_fills()
        with pytest.raises(SyncRefused, match="no account nobody"):
            await back_fills.start("nobody")
        with pytest.raises(SyncRefused, match="disabled"):
            await back_fills.start("off")
        with pytest.raises(SyncRefused, match="before it begins"):
            await scene.start(since_ms=EPOCH_MS)

    run(scene, main())
    assert (scene.tables.sessions, scene.history_syncs.started) == ({}, [])


def test_a_second_one_is_refused_while_the_first_runs(scene: HistoryScene) -> None:
    async def main() -> None:
        first = await scene.start()
        with pytest.raises(SyncRefused, match=first.session_id):
            await scene.start()
        await scene.turn(first)
        await scene.start()

    run(scene, main())
    assert len(scene.tables.sessions) == len(scene.history_syncs.started) == 2


def test_a_stop_is_asked_for_once_and_refused_afterwards(scene: HistoryScene) -> None:
    async def main() -> None:
        session = await scene.start()
        back_fills = scene.back_fills()
        asked = back_fills.stop("leader", session.session_id)
        assert asked.status is SyncStatus.STOPPING
        assert back_fills.stop("leader", session.session_id) == asked
        assert (await scene.turn(session)).standing is Standing.STOPPED
        with pytest.raises(SyncRefused, match="it is STOPPED"):
            back_fills.stop("leader", session.session_id)

    run(scene, main())


def test_one_that_nobody_runs_any_more_is_stopped_at_once(scene: HistoryScene) -> None:
    """Its execution was aborted, or ran into its time limit."""

    async def main() -> None:
        session = await scene.start()
        scene.clock.advance(QUIET_MS / 1000 + 1)
        stopped = scene.back_fills().stop("leader", session.session_id)
        assert stopped.status is SyncStatus.STOPPED
        await scene.start()

    run(scene, main())


def test_an_execution_that_was_never_started_is_started(scene: HistoryScene) -> None:
    """The worker died between the row and the execution."""

    async def main() -> None:
        session = await scene.start()
        scene.history_syncs.started.clear()
        assert scene.back_fills().retry("leader", session.session_id) == session

    run(scene, main())
    [(_, attempt)] = scene.history_syncs.started
    assert attempt == 1


def test_one_that_has_gone_quiet_gets_a_new_execution(scene: HistoryScene) -> None:
    async def main() -> None:
        session = await scene.start()
        scene.clock.advance(QUIET_MS / 1000 + 1)
        again = scene.back_fills().retry("leader", session.session_id)
        assert (again.status, again.attempt) == (SyncStatus.RUNNING, 2)

    run(scene, main())
    assert [attempt for _, attempt in scene.history_syncs.started] == [1, 2]


@pytest.mark.parametrize("status", [SyncStatus.FAILED, SyncStatus.STOPPED])
def test_one_that_ended_early_can_be_tried_again(scene: HistoryScene, status: SyncStatus) -> None:
    async def main() -> None:
        session = await failed(scene)
        scene.tables.sessions["leader", session.session_id] = replace(session, status=status)
        again = scene.back_fills().retry("leader", session.session_id)
        assert (again.status, again.attempt, again.completed_ms) == (SyncStatus.RUNNING, 2, 0)
        with pytest.raises(SyncRefused, match=again.session_id):
            await scene.start()

    run(scene, main())


def test_one_that_is_complete_is_not_tried_again(scene: HistoryScene) -> None:
    async def main() -> None:
        session = await scene.start()
        await scene.turn(session)
        with pytest.raises(SyncRefused, match="complete"):
            scene.back_fills().retry("leader", session.session_id)

    run(scene, main())


def test_a_retry_beside_a_later_session_is_refused(scene: HistoryScene) -> None:
    async def main() -> None:
        session = await failed(scene)
        scene.clock.advance(1)
        later = await scene.start()
        with pytest.raises(SyncRefused, match=later.session_id):
            scene.back_fills().retry("leader", session.session_id)
        assert scene.stored(session) == session

    run(scene, main())


def test_without_an_id_it_is_the_latest(scene: HistoryScene) -> None:
    async def main() -> None:
        with pytest.raises(SyncRefused, match="leader has no session"):
            scene.back_fills().show("leader", "")
        await scene.turn(await scene.start())
        scene.clock.advance(1)
        second = await scene.start()
        assert scene.back_fills().show("leader", "").session_id == second.session_id
        with pytest.raises(SyncRefused, match="no session x"):
            scene.back_fills().show("leader", "x")

    run(scene, main())


def test_sessions_are_listed_by_account_by_status_or_all(scene: HistoryScene) -> None:
    scene.accounts.save(an_account("other"))

    async def main() -> None:
        first = await failed(scene)
        scene.clock.advance(1)
        second = await scene.start()
        scene.clock.advance(1)
        third = await scene.back_fills().start("other")
        back_fills = scene.back_fills()
        assert back_fills.list() == [third, second, first]
        assert back_fills.list(limit=1) == [third]
        assert back_fills.list("leader") == [second, first]
        assert back_fills.list("leader", SyncStatus.FAILED) == [first]
        assert back_fills.list(status=SyncStatus.RUNNING) == [third, second]

    run(scene, main())


def test_a_session_tells_how_long_it_took(scene: HistoryScene) -> None:
    scene.past(15)

    async def main() -> None:
        session = await scene.start()
        scene.clock.advance(90)
        await scene.turn(session)
        told = shown(scene.stored(session))
        assert (told["duration_ms"], told["trades_synced"], told["status"]) == (
            90_000,
            15,
            "COMPLETED",
        )

    run(scene, main())
