"""The fill sequence of a leader has no gap, no double and the right positions."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import LeaseLost, OutcomeUnknown
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.venues import Position
from pilotfish.ports import Cursor, Lease
from pilotfish.usecases.listen import POLL_S, RECONCILE_S, RETRY_S
from pilotfish.usecases.stay_connected import LEAST_S
from tests.fakes import EPOCH_MS, MemoryFills, ModelVenue, Tables, simulate
from tests.fakes.listening_scene import ListeningScene
from tests.fakes.samples import PERPETUAL, SPOT

STREAMED = pytest.mark.parametrize("streams_fills", [False, True], ids=["rest", "stream"])


def run(scene: ListeningScene, main: Coroutine[Any, Any, None]) -> None:
    simulate(scene.clock, main)


@STREAMED
def test_fills_are_written_in_order_with_the_position_before(streams_fills: bool) -> None:
    scene = ListeningScene(streams_fills=streams_fills)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            for quantity in ("1", "2", "-3", "-1"):
                scene.venue.trade(PERPETUAL, quantity)
                await asyncio.sleep(POLL_S / 2)
            await asyncio.sleep(POLL_S * 2)

    run(scene, main())
    assert scene.quantities() == [1, 2, -3, -1]
    assert scene.befores() == [0, 1, 3, 0]


def test_a_stream_is_quicker_than_rest() -> None:
    scene = ListeningScene(streams_fills=True)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            await asyncio.sleep(5)
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(0.001)
            assert scene.quantities() == [1]

    run(scene, main())


@STREAMED
def test_what_was_held_and_traded_before_is_the_baseline(streams_fills: bool) -> None:
    scene = ListeningScene(streams_fills=streams_fills)
    scene.venue.trade(PERPETUAL, "5")
    scene.clock.advance(1)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(RECONCILE_S * 2)

    run(scene, main())
    assert scene.quantities() == [1]
    assert scene.befores() == [5]


class Restless(ModelVenue):
    """Its owner trades just after the first look at the positions."""

    looks = 0

    async def positions(self) -> list[Position]:
        seen = await super().positions()
        self.looks += 1
        if self.looks == 1:
            self.trade(PERPETUAL, "2")
        self.clock.advance(0.01)
        return seen


def test_the_baseline_is_taken_again_when_it_was_not_quiet() -> None:
    scene = ListeningScene()
    scene.venue = scene.venues.of["leader"] = Restless(scene.clock, "leader")
    scene.venue.held[f"{PERPETUAL}#net"] = Decimal(5)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            await asyncio.sleep(POLL_S * 2)
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(POLL_S * 2)

    run(scene, main())
    assert scene.venue.looks == 2
    assert scene.quantities() == [1]
    assert scene.befores() == [7]


def test_a_baseline_without_a_cursor_is_taken_again() -> None:
    """The worker died between the two, and the leader sold meanwhile."""
    scene = ListeningScene()
    lease = scene.lease()
    scene.venue.trade(PERPETUAL, "5")
    scene.clock.advance(60)
    before = simulate(scene.clock, scene.venue.positions())
    scene.positions.save_baseline("leader", before, lease)
    scene.venue.trade(PERPETUAL, "-5")
    scene.clock.advance(60)

    async def main() -> None:
        async with scene.listening(lease):
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(POLL_S * 2)

    run(scene, main())
    assert scene.befores() == [0]


def test_what_the_stream_left_out_is_found_by_rest_once() -> None:
    scene = ListeningScene(streams_fills=True)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            scene.venue.trade(PERPETUAL, "1", streamed=False)
            scene.venue.trade(PERPETUAL, "2")
            await asyncio.sleep(RECONCILE_S * 3)

    run(scene, main())
    assert sorted(scene.quantities()) == [1, 2]


def test_a_leader_who_trades_while_the_socket_is_down_is_followed_after_it() -> None:
    scene = ListeningScene(streams_fills=True)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            scene.venue.trade(PERPETUAL, "4")
            await asyncio.sleep(1)
            scene.venue.drop_sockets()
            await asyncio.sleep(0.01)
            assert scene.venue.sockets == []
            scene.venue.trade(PERPETUAL, "-1")
            scene.venue.trade(PERPETUAL, "-3")
            await asyncio.sleep(LEAST_S + 0.1)
            scene.venue.trade(PERPETUAL, "7")
            await asyncio.sleep(0.01)

    run(scene, main())
    assert scene.quantities() == [4, -1, -3, 7]
    assert scene.befores() == [0, 4, 3, 0]


class Slow(ModelVenue):
    """Lists its fills as they were half a second ago."""

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Fill]:
        found = await super().fills_since(since_ms, symbols)
        await asyncio.sleep(0.5)
        return found


def test_the_stream_is_held_back_until_the_gap_is_filled() -> None:
    scene = ListeningScene()
    lease = scene.lease()
    venue = Slow(scene.clock, "leader", streams_fills=True)
    scene.venue = scene.venues.of["leader"] = venue

    async def main() -> None:
        async with scene.listening(lease):
            await asyncio.sleep(2)
        venue.trade(PERPETUAL, "5")
        async with scene.listening(lease):
            venue.trade(PERPETUAL, "-5")
            await asyncio.sleep(5)

    run(scene, main())
    assert scene.quantities() == [5, -5]
    assert scene.befores() == [0, 5]


@STREAMED
def test_a_restart_leaves_no_gap_and_no_double(streams_fills: bool) -> None:
    scene = ListeningScene(streams_fills=streams_fills)
    lease = scene.lease()

    async def main() -> None:
        async with scene.listening(lease):
            scene.venue.trade(PERPETUAL, "3")
            await asyncio.sleep(POLL_S * 2)
        scene.venue.trade(PERPETUAL, "-1")
        scene.clock.advance(3_600)
        async with scene.listening(lease):
            await asyncio.sleep(POLL_S * 2)
        async with scene.listening(lease):
            scene.venue.trade(PERPETUAL, "-2")
            await asyncio.sleep(POLL_S * 2)

    run(scene, main())
    assert scene.quantities() == [3, -1, -2]
    assert scene.befores() == [0, 3, 2]


def test_a_round_trip_in_a_known_symbol_while_nobody_listened_is_found() -> None:
    scene = ListeningScene()
    lease = scene.lease()

    async def main() -> None:
        async with scene.listening(lease):
            scene.venue.trade(SPOT, "1")
            await asyncio.sleep(POLL_S * 2)
            scene.venue.trade(SPOT, "-1")
            await asyncio.sleep(POLL_S * 2)
        scene.venue.trade(SPOT, "2")
        scene.venue.trade(SPOT, "-2")
        async with scene.listening(lease):
            await asyncio.sleep(POLL_S * 2)

    run(scene, main())
    assert scene.quantities() == [1, -1, 2, -2]


def test_a_fill_that_the_venue_lists_late_is_not_missed() -> None:
    scene = ListeningScene(lag_s=8)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            await asyncio.sleep(20)
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(20)

    run(scene, main())
    assert scene.quantities() == [1]


def test_a_fill_that_is_streamed_twice_is_written_once() -> None:
    scene = ListeningScene(streams_fills=True)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            fill = scene.venue.trade(PERPETUAL, "1")
            scene.venue.sockets[0].put_nowait([fill, fill])
            await asyncio.sleep(RECONCILE_S * 2)

    run(scene, main())
    assert scene.quantities() == [1]


class Failing(ModelVenue):
    """Its REST interface is down for a while."""

    down = False

    async def server_time_ms(self) -> int:
        if self.down:
            raise OutcomeUnknown("503")
        return await super().server_time_ms()


@STREAMED
def test_a_venue_that_fails_for_a_while_is_listened_to_again(streams_fills: bool) -> None:
    scene = ListeningScene()
    venue = Failing(scene.clock, "leader", streams_fills=streams_fills)
    scene.venue = scene.venues.of["leader"] = venue

    async def main() -> None:
        async with scene.listening(scene.lease()):
            venue.trade(PERPETUAL, "1")
            venue.down = True
            venue.drop_sockets()
            await asyncio.sleep(10)
            venue.trade(PERPETUAL, "2")
            venue.down = False
            await asyncio.sleep(RETRY_S[1] + POLL_S)

    run(scene, main())
    assert scene.quantities() == [1, 2]


@STREAMED
def test_under_a_stale_lease_nothing_is_written_and_listening_ends(streams_fills: bool) -> None:
    scene = ListeningScene(streams_fills=streams_fills)
    lease = scene.lease()

    async def main() -> None:
        async with scene.listening(lease) as task:
            scene.leases.release(lease)
            scene.lease("another run")
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(POLL_S * 2)
            with pytest.raises(LeaseLost):
                task.result()

    run(scene, main())
    assert scene.written() == []
    assert scene.tables.cursors["leader"].complete_ms < scene.clock()


def test_the_cursor_moves_by_rest_only() -> None:
    scene = ListeningScene(streams_fills=True)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            before = scene.tables.cursors["leader"]
            await asyncio.sleep(RECONCILE_S / 2)
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(1)
            assert scene.tables.cursors["leader"] == before
            await asyncio.sleep(RECONCILE_S)
            assert scene.tables.cursors["leader"].complete_ms > before.complete_ms
            assert scene.tables.cursors["leader"].started_ms == before.started_ms

    run(scene, main())


class Stuck(MemoryFills):
    """A write that takes until it is let go."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.begun, self.let_go = threading.Event(), threading.Event()

    def add(
        self, account: Account, holdings: Holdings, fills: Sequence[Fill], lease: Lease
    ) -> list[Fill]:
        self.begun.set()
        self.let_go.wait()
        return super().add(account, holdings, fills, lease)


async def test_a_write_that_has_begun_comes_to_its_end_before_the_listener_does() -> None:
    """Else the next listener would load positions that a thread is about to move."""
    scene = ListeningScene()
    scene.fills = stuck = Stuck(scene.tables)
    lease = scene.lease()
    scene.positions.save_baseline("leader", [], lease)
    scene.cursors.save(Cursor("leader", EPOCH_MS, EPOCH_MS), lease)
    scene.venue.trade(PERPETUAL, "1")
    listener = asyncio.create_task(scene.listener(scene.leader, lease).run())
    await asyncio.to_thread(stuck.begun.wait)
    listener.cancel()
    await asyncio.sleep(0.05)
    assert not listener.done()
    stuck.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await listener
    assert len(scene.written()) == 1
