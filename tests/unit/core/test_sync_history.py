"""A back-fill ends complete whatever fails, goes on where it was, and is never copied."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, Flaw
from pilotfish.domain.errors import NoFurther, NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import DAY_MS, SyncSession, SyncStatus, Tally
from pilotfish.ports import AlreadyRunning, Cursor, HistoryPage
from pilotfish.usecases.plan_sync import SETTLED_MS
from pilotfish.usecases.review import JudgeAsides
from pilotfish.usecases.sync_progress import Standing
from tests.fakes import EPOCH_MS, MemoryPastFills, Tables, simulate
from tests.fakes.asides import MemoryAsides
from tests.fakes.history_scene import HOUR_MS, HistoryScene
from tests.fakes.samples import PERPETUAL, SPOT, a_fill

Main = Coroutine[Any, Any, None]


def run(scene: HistoryScene, main: Main) -> None:
    simulate(scene.clock, main)


def test_every_trade_of_the_period_is_written_once_and_marked() -> None:
    scene = HistoryScene(page=10)
    past = scene.past(95)

    async def main() -> None:
        session = await scene.start()
        assert (await scene.turn(session)).standing is Standing.COMPLETED
        done = scene.stored(session)
        assert (done.status, done.pages, done.trades_synced) == (SyncStatus.COMPLETED, 10, 95)
        assert (done.cursor, done.error) == ("", "")
        assert done.completed_ms == scene.clock()

    run(scene, main())
    assert [fill.fill_id for fill in scene.written()] == [fill.fill_id for fill in past]
    assert all(fill.history for fill in scene.written())
    assert not scene.tables.undecided
    assert not scene.tables.held


def test_a_period_includes_both_its_ends_and_nothing_else() -> None:
    scene = HistoryScene()
    past = scene.past(5)

    async def main() -> None:
        await scene.turn(await scene.start(since_ms=past[1].traded_ms, until_ms=past[3].traded_ms))

    run(scene, main())
    assert [fill.fill_id for fill in scene.written()] == [fill.fill_id for fill in past[1:4]]


class Generous(HistoryScene):
    """Its venue throws in whatever it has."""

    def __init__(self) -> None:
        super().__init__()
        history = self.venue.history

        async def all_of_it(since_ms: int, until_ms: int, *rest: Any) -> Any:
            return await history(0, EPOCH_MS * 2, *rest)

        self.venue.history = all_of_it  # type: ignore[method-assign]


def test_what_was_listened_to_live_is_left_to_the_listener() -> None:
    """Also where a venue tells it: a back-fill that writes it would take it from the followers."""
    scene = Generous()
    before, baseline, _live = scene.past(3)
    scene.tables.cursors["leader"] = Cursor("leader", baseline.traded_ms, EPOCH_MS)

    async def main() -> None:
        session = await scene.start()
        await scene.turn(session)
        assert scene.stored(session).until_ms == baseline.traded_ms - 1

    run(scene, main())
    assert [fill.trade_id for fill in scene.written()] == [before.trade_id]


def test_a_period_that_was_listened_to_in_whole_is_complete_at_once() -> None:
    scene = HistoryScene()
    scene.past(3)
    scene.tables.cursors["leader"] = Cursor("leader", EPOCH_MS - 40 * DAY_MS, EPOCH_MS)

    async def main() -> None:
        session = await scene.start()
        assert (await scene.turn(session)).standing is Standing.COMPLETED
        assert scene.stored(session).trades_synced == 0

    run(scene, main())
    assert scene.venue.pages_asked == []


def test_what_is_too_young_to_be_listed_is_left_out() -> None:
    scene = HistoryScene()

    async def main() -> None:
        session = await scene.start()
        await scene.turn(session)
        assert scene.stored(session).until_ms == EPOCH_MS - SETTLED_MS

    run(scene, main())


def test_symbols_come_from_wherever_they_are_known() -> None:
    scene = HistoryScene()
    scene.venue.held["SOL/USDT:USDT#net"] = a_fill().quantity
    symbols = frozenset({"ETH/USDT:USDT"})
    scene.tables.cursors["leader"] = Cursor("leader", EPOCH_MS, EPOCH_MS, symbols)

    async def main() -> None:
        first = await scene.start(symbols=[SPOT])
        await scene.turn(first)
        second = await scene.start(symbols=[PERPETUAL])
        await scene.turn(second)
        found = ("BTC/USDT", PERPETUAL, "ETH/USDT:USDT", "SOL/USDT:USDT")
        assert scene.stored(second).symbols == found

    run(scene, main())


def test_symbols_that_the_venue_found_by_itself_are_known_to_the_next_session() -> None:
    scene = HistoryScene()
    scene.past(3, symbol=SPOT)
    history = scene.venue.history

    async def finding(since_ms: int, until_ms: int, symbols: Any, token: str | None) -> Any:
        return await history(since_ms, until_ms, {*symbols, SPOT}, token)

    scene.venue.history = finding  # type: ignore[method-assign, assignment]

    async def main() -> None:
        first = await scene.start(symbols=[])
        await scene.turn(first)
        assert scene.stored(first).symbols == (SPOT,)
        second = await scene.start(symbols=[])
        await scene.turn(second)
        assert scene.stored(second).symbols == (SPOT,)

    run(scene, main())


TROUBLES = [
    NotSent("429 too many requests", wait_s=3),
    OutcomeUnknown("timed out"),
    OutcomeUnknown("502 bad gateway"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_turn_that_fails_keeps_what_it_has(trouble: Exception) -> None:
    scene = HistoryScene(page=10)
    scene.past(40)
    scene.venue.history_errors.extend([None, None, trouble])

    async def main() -> None:
        session = await scene.start()
        turn = await scene.turn(session)
        assert (turn.standing, turn.pages, turn.finding) == (Standing.RUNNING, 2, str(trouble))
        assert turn.wait_s == getattr(trouble, "wait_s", 0)
        assert turn.tally == Tally(synced=20)
        kept = scene.stored(session)
        assert (kept.pages, kept.trades_synced, kept.cursor) == (2, 20, "20")
        assert (await scene.turn(session)).standing is Standing.COMPLETED
        assert scene.stored(session).trades_synced == 40

    run(scene, main())
    assert scene.venue.pages_asked == [None, "10", "20", "20", "30"]


def told_beside(scene: HistoryScene, *asides: Aside) -> None:
    """Each page has these besides its fills."""
    history = scene.venue.history

    async def flawed(*asked: Any) -> HistoryPage:
        return replace(await history(*asked), asides=asides)

    scene.venue.history = flawed  # type: ignore[method-assign, assignment]


def flawed_trade(scene: HistoryScene, **more: Any) -> Aside:
    at_ms = {"traded_ms": scene.clock() - 2 * HOUR_MS} | more
    fill = a_fill(trade_id="bad", price=Decimal(0), **at_ms)
    return Aside("leader", "model", Flaw.NO_PRICE, EPOCH_MS, '{"price": 0}', fill)


def test_what_cannot_be_a_trade_is_counted_and_set_aside_once() -> None:
    scene = HistoryScene(page=2)
    past = scene.past(3)
    told_beside(scene, flawed_trade(scene))

    async def main() -> None:
        session = await scene.start()
        assert (await scene.turn(session)).tally == Tally(synced=3, aside=2)
        assert scene.stored(session).trades_aside == 2
        [aside] = scene.past_asides.open("leader")
        assert aside.session_id == session.session_id

    run(scene, main())
    assert len(list(scene.written())) == len(past)


def test_what_was_traded_since_is_left_to_the_listener() -> None:
    scene = HistoryScene(page=10)
    scene.past(3)
    told_beside(scene, flawed_trade(scene, traded_ms=scene.clock() + HOUR_MS))

    async def main() -> None:
        await scene.turn(await scene.start())

    run(scene, main())
    assert scene.past_asides.open("leader") == []


def test_what_a_person_corrected_is_written_by_the_next_back_fill() -> None:
    scene = HistoryScene(page=10)
    scene.past(3)
    told_beside(scene, flawed_trade(scene))

    async def main() -> None:
        await scene.turn(await scene.start())
        [aside] = scene.past_asides.open("leader")
        judge = JudgeAsides(asides=MemoryAsides(scene.tables), clock=scene.clock)
        judge.release("leader", aside.aside_id, {"price": "101"}, "ann", "by the venue's page")
        await scene.turn(await scene.start())

    run(scene, main())
    [found] = [fill for fill in scene.written() if fill.trade_id == "bad"]
    assert (found.price, found.history) == (Decimal(101), True)
    assert scene.tables.undecided == set()
    assert scene.past_asides.released("leader") == []


def test_what_the_venue_tells_properly_later_is_no_longer_set_aside() -> None:
    scene = HistoryScene(page=10)
    [fill, *_] = scene.past(3)
    broken = replace(fill, price=Decimal(0))
    scene.venue.trades.remove(fill)
    told_beside(scene, Aside("leader", "model", Flaw.NO_PRICE, EPOCH_MS, "{}", broken))

    async def main() -> None:
        await scene.turn(await scene.start())
        assert len(scene.past_asides.open("leader")) == 1
        scene.venue.trades.append(fill)
        del scene.venue.history
        session = await scene.start()
        await scene.turn(session)
        assert scene.stored(session).trades_synced == 1

    run(scene, main())
    assert scene.past_asides.open("leader") == []
    assert len(list(scene.written())) == 3


class Killed(BaseException):
    """The end of a worker: nothing of it is heard again."""


class Mortal(MemoryPastFills):
    """Kills the worker in the middle of a page, with half of it written."""

    def __init__(self, tables: Tables, after_pages: int) -> None:
        super().__init__(tables)
        self._left = after_pages

    def add(self, account: Account, session_id: str, fills: Sequence[Fill]) -> Tally:
        self._left -= 1
        if self._left < 0:
            super().add(account, session_id, fills[: len(fills) // 2])
            raise Killed
        return super().add(account, session_id, fills)


@pytest.mark.parametrize("after_pages", range(5))
def test_a_worker_that_is_killed_anywhere_leaves_no_gap_and_counts_nothing_twice(
    after_pages: int,
) -> None:
    scene = HistoryScene(page=10)
    past = scene.past(50)
    healthy = scene.past_fills

    async def main() -> None:
        session = await scene.start()
        scene.past_fills = Mortal(scene.tables, after_pages)
        with pytest.raises(Killed):
            await scene.turn(session)
        assert scene.stored(session).trades_synced == 10 * after_pages
        scene.past_fills = healthy
        assert (await scene.turn(session)).pages == 5 - after_pages
        assert scene.stored(session).trades_synced == 50

    run(scene, main())
    assert [fill.fill_id for fill in scene.written()] == [fill.fill_id for fill in past]


def test_a_turn_ends_with_its_time_and_the_next_goes_on() -> None:
    scene = HistoryScene(page=100)
    scene.past(2_000)

    async def main() -> None:
        session = await scene.start()
        worker = scene.worker(per_second=10)
        pages = []
        while (turn := await scene.turn(session, worker)).standing is Standing.RUNNING:
            pages.append(turn.pages)
        assert sum(pages) + turn.pages == 20
        assert all(3 <= each <= 6 for each in pages)
        assert scene.clock() - EPOCH_MS >= 190_000

    run(scene, main())


def test_writing_keeps_to_its_pace_and_reading_goes_on_meanwhile() -> None:
    scene = HistoryScene(page=250)
    scene.past(1_000)

    async def main() -> None:
        session = await scene.start()
        await scene.turn(session, scene.worker(per_second=100))
        assert 9_000 <= scene.clock() - EPOCH_MS <= 10_000

    run(scene, main())


def test_one_that_is_asked_to_stop_stops_at_its_next_page() -> None:
    scene = HistoryScene(page=10)
    scene.past(500)

    async def main() -> None:
        session = await scene.start()
        turning = asyncio.create_task(scene.turn(session, scene.worker(per_second=10)))
        await asyncio.sleep(5.5)
        assert scene.back_fills().stop("leader", session.session_id).status is SyncStatus.STOPPING
        turn = await turning
        assert turn.standing is Standing.STOPPED
        stopped = scene.stored(session)
        assert (stopped.status, stopped.pages) == (SyncStatus.STOPPED, turn.pages)
        assert 5 <= turn.pages <= 7
        assert stopped.cursor == str(10 * turn.pages)
        assert (await scene.turn(session)).standing is Standing.STOPPED

    run(scene, main())


def test_one_that_is_asked_to_stop_between_two_turns_reads_no_page() -> None:
    scene = HistoryScene()
    scene.past(5)

    async def main() -> None:
        session = await scene.start()
        scene.back_fills().stop("leader", session.session_id)
        assert (await scene.turn(session)).standing is Standing.STOPPED

    run(scene, main())
    assert scene.venue.pages_asked == []


def test_a_retry_goes_on_from_the_last_good_page() -> None:
    scene = HistoryScene(page=10)
    scene.past(50)
    scene.venue.history_errors.extend([None, None, Rejected("the key has expired")])

    async def main() -> None:
        session = await scene.start()
        assert (await scene.turn(session)).standing is Standing.REFUSED
        scene.venue.history_errors.append(Rejected("the key has expired"))
        with pytest.raises(NoFurther, match="expired"):
            await _last(scene, session)
        failed = scene.stored(session)
        assert (failed.status, failed.error) == (SyncStatus.FAILED, "the key has expired")
        scene.venue.pages_asked.clear()
        again = scene.back_fills().retry("leader", session.session_id)
        assert (again.status, again.attempt, again.error) == (SyncStatus.RUNNING, 2, "")
        assert (await scene.turn(session)).standing is Standing.OVERTAKEN
        assert (await scene.turn(again)).standing is Standing.COMPLETED
        assert scene.venue.pages_asked == ["20", "30", "40"]
        assert scene.stored(session).trades_synced == 50

    run(scene, main())


async def _last(scene: HistoryScene, session: SyncSession) -> Any:
    key = session.account_id, session.session_id, session.attempt
    return await scene.worker().last(*key, scene.clock() + 40_000)


def test_a_redrive_goes_on_from_the_last_good_page_too() -> None:
    scene = HistoryScene(page=10)
    scene.past(50)
    scene.venue.history_errors.extend([None, OutcomeUnknown("502"), OutcomeUnknown("502")])

    async def main() -> None:
        session = await scene.start()
        await scene.turn(session)
        with pytest.raises(NoFurther, match="502"):
            await _last(scene, session)
        assert scene.stored(session).status is SyncStatus.FAILED
        turn = await _last(scene, session)
        assert (turn.standing, turn.pages) == (Standing.COMPLETED, 4)
        assert scene.stored(session).trades_synced == 50

    run(scene, main())


def test_a_redrive_beside_a_later_session_does_nothing() -> None:
    scene = HistoryScene()
    scene.past(5)
    scene.venue.history_errors.append(Rejected("no"))

    async def main() -> None:
        session = await scene.start()
        with pytest.raises(NoFurther):
            await _last(scene, session)
        scene.clock.advance(1)
        await scene.start()
        with pytest.raises(AlreadyRunning):
            await _last(scene, session)

    run(scene, main())
    assert scene.venue.pages_asked == [None]


def test_a_bug_in_the_last_turn_is_told_in_the_session() -> None:
    scene = HistoryScene()
    scene.past(5)
    scene.venue.history_errors.append(ZeroDivisionError("oops"))

    async def main() -> None:
        session = await scene.start()
        with pytest.raises(ZeroDivisionError):
            await _last(scene, session)
        assert "oops" in scene.stored(session).error

    run(scene, main())


def test_one_that_is_asked_to_stop_while_it_fails_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = HistoryScene()
    scene.past(5)

    async def main() -> None:
        session = await scene.start()

        async def asked_meanwhile(*_: Any) -> Any:
            scene.back_fills().stop("leader", session.session_id)
            raise Rejected("no")

        monkeypatch.setattr(scene.venue, "history", asked_meanwhile)
        with pytest.raises(NoFurther):
            await _last(scene, session)
        assert scene.stored(session).status is SyncStatus.FAILED
        assert not scene.tables.running

    run(scene, main())


def test_two_workers_at_one_session_count_each_page_once() -> None:
    scene = HistoryScene(page=10)
    scene.past(100)

    async def main() -> None:
        session = await scene.start()
        workers = [scene.worker(per_second=50) for _ in range(2)]
        turns = await asyncio.gather(*(scene.turn(session, worker) for worker in workers))
        standings = {turn.standing for turn in turns}
        assert standings == {Standing.COMPLETED, Standing.OVERTAKEN}
        done = scene.stored(session)
        assert (done.pages, done.trades_synced) == (10, 100)

    run(scene, main())


def test_a_second_back_fill_of_the_same_period_finds_all_of_it_known() -> None:
    scene = HistoryScene(page=10)
    past = scene.past(30)

    async def main() -> None:
        await scene.turn(await scene.start())
        corrected = replace(past[3], fee=a_fill().price)
        scene.venue.trades[scene.venue.trades.index(past[3])] = corrected
        second = await scene.start()
        await scene.turn(second)
        done = scene.stored(second)
        told = (done.trades_synced, done.trades_updated, done.trades_known)
        assert told == (0, 1, 29)

    run(scene, main())


def test_many_trades_with_faults_all_along_end_complete() -> None:
    scene = HistoryScene(page=100)
    scene.past(5_000, step_ms=10)
    scene.past(2_000, symbol=SPOT, step_ms=7)
    healthy = scene.past_fills

    async def main() -> None:
        session = await scene.start(symbols=[PERPETUAL, SPOT], since_ms=EPOCH_MS - HOUR_MS * 2)
        standing, turns = Standing.RUNNING, 0
        while standing is Standing.RUNNING:
            turns += 1
            if turns % 3:
                scene.venue.history_errors.extend([None, None, TROUBLES[turns % 3]])
            else:
                scene.past_fills = Mortal(scene.tables, turns % 5)
            try:
                standing = (await scene.turn(session)).standing
            except Killed:
                scene.past_fills = healthy
        assert turns > 20
        done = scene.stored(session)
        assert (done.status, done.trades_synced) == (SyncStatus.COMPLETED, 7_000)
        assert done.pages == 70

    run(scene, main())
    assert len(scene.tables.fills) == 7_000
