"""A report that cannot be a trade holds up none of the others, over REST and the stream alike."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.asides import Aside, AsideState, Flaw, Report, Review
from pilotfish.domain.fills import Fill
from pilotfish.usecases.listen import POLL_S, RECONCILE_S
from tests.fakes import EPOCH_MS, ModelVenue, simulate
from tests.fakes.listening_scene import ListeningScene
from tests.fakes.samples import PERPETUAL

STREAMED = pytest.mark.parametrize("streams_fills", [False, True], ids=["rest", "stream"])
BY = Review("ann", EPOCH_MS)


class Garbled(ModelVenue):
    """Tells some of its trades wrongly, by trade id."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.told: dict[str, Report] = {}

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Report]:
        found = await super().fills_since(since_ms, symbols)
        return [self._garbled(report) for report in found]

    def trade(self, symbol: str, quantity: str | Decimal, *, streamed: bool = True) -> Fill:
        fill = super().trade(symbol, quantity, streamed=False)
        for socket in self.sockets if streamed else ():
            socket.put_nowait([self._garbled(fill)])
        return fill

    def garble(self, quantity: str, **change: Any) -> Fill:
        """Trade and tell it with a change; with none as what nobody can read."""
        fill = super().trade(PERPETUAL, quantity, streamed=False)
        unread = Aside(self.account_id, self.name, Flaw.UNREADABLE, self.clock(), fill.trade_id)
        self.told[fill.trade_id] = replace(fill, **change) if change else unread
        for socket in self.sockets:
            socket.put_nowait([self.told[fill.trade_id]])
        return fill

    def _garbled(self, report: Report) -> Report:
        assert isinstance(report, Fill)
        return self.told.get(report.trade_id, report)


def garbled(streams_fills: bool) -> tuple[ListeningScene, Garbled]:
    scene = ListeningScene()
    venue = Garbled(scene.clock, "leader", streams_fills=streams_fills)
    scene.venue = scene.venues.of["leader"] = venue
    return scene, venue


@STREAMED
def test_the_others_are_written_and_the_position_is_right(streams_fills: bool) -> None:
    scene, venue = garbled(streams_fills)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            venue.trade(PERPETUAL, "1")
            venue.garble("2", price=Decimal(0))
            venue.trade(PERPETUAL, "-2")
            await asyncio.sleep(RECONCILE_S * 2)

    simulate(scene.clock, main())
    assert scene.quantities() == [1, -2]
    assert scene.befores() == [0, 3]
    [aside] = scene.asides.of_account("leader")
    assert (aside.flaw, aside.position_before, aside.state) == (Flaw.NO_PRICE, 1, AsideState.OPEN)
    assert [told.aside_id for told in scene.told] == [aside.aside_id]


@STREAMED
def test_a_restart_sets_nothing_aside_twice_and_does_not_write_it(streams_fills: bool) -> None:
    """A time in the future comes true; the trade was counted when it was set aside."""
    scene, venue = garbled(streams_fills)
    lease = scene.lease()

    async def main() -> None:
        async with scene.listening(lease):
            venue.garble("2", traded_ms=scene.clock() + 90_000)
            await asyncio.sleep(POLL_S * 3)
        assert scene.quantities() == []
        [aside] = scene.asides.of_account("leader")
        assert scene.asides.drop(aside, BY)
        scene.clock.advance(100)
        async with scene.listening(lease):
            venue.trade(PERPETUAL, "-2")
            await asyncio.sleep(RECONCILE_S * 2)

    simulate(scene.clock, main())
    assert scene.quantities() == [-2]
    assert scene.befores() == [2]
    assert len(scene.told) == 1


def test_what_rest_tells_properly_becomes_a_fill() -> None:
    scene, venue = garbled(streams_fills=True)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            await asyncio.sleep(2)
            venue.garble("2", price=Decimal(0))
            await asyncio.sleep(0.01)
            venue.told.clear()
            venue.trade(PERPETUAL, "-2")
            await asyncio.sleep(RECONCILE_S * 2)

    simulate(scene.clock, main())
    assert sorted(scene.quantities()) == [-2, 2]
    assert {fill.signed_quantity: fill.position_before for fill in scene.written()} == {-2: 2, 2: 0}
    assert scene.tables.held["leader"].positions[f"{PERPETUAL}#net"].quantity == 0
    assert scene.asides.open() == []


@STREAMED
def test_after_what_nobody_can_read_the_venue_says_what_is_held(streams_fills: bool) -> None:
    scene, venue = garbled(streams_fills)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            venue.trade(PERPETUAL, "1")
            venue.garble("2")
            await asyncio.sleep(RECONCILE_S * 2)
            venue.trade(PERPETUAL, "-3")
            await asyncio.sleep(RECONCILE_S * 2)

    simulate(scene.clock, main())
    assert scene.quantities() == [1, -3]
    assert scene.befores() == [0, 3]
    assert [aside.flaw for aside in scene.asides.open()] == [Flaw.UNREADABLE]


class Busy(Garbled):
    """Its owner trades once more just before its positions are looked at."""

    trades_at_look = 0

    async def positions(self) -> Any:
        if self.trades_at_look:
            self.trades_at_look -= 1
            self.trade(PERPETUAL, "5", streamed=False)
        return await super().positions()


def test_a_count_while_the_leader_trades_does_not_count() -> None:
    scene = ListeningScene()
    venue = scene.venue = scene.venues.of["leader"] = Busy(scene.clock, "leader")

    async def main() -> None:
        async with scene.listening(scene.lease()):
            venue.garble("2")
            venue.trades_at_look = 1
            await asyncio.sleep(POLL_S * 5)
            venue.trade(PERPETUAL, "-7")
            await asyncio.sleep(POLL_S * 3)

    simulate(scene.clock, main())
    assert scene.quantities() == [5, -7]
    assert scene.befores()[-1] == 7


class Ahead(ModelVenue):
    """Its clock is two minutes before ours."""

    async def server_time_ms(self) -> int:
        return self.clock() + 120_000

    def trade(self, symbol: str, quantity: str | Decimal, *, streamed: bool = True) -> Fill:
        fill = super().trade(symbol, quantity, streamed=False)
        self.trades[-1] = replace(fill, traded_ms=fill.traded_ms + 120_000)
        return self.trades[-1]


def test_what_a_venue_tells_by_its_own_clock_is_not_in_the_future() -> None:
    scene = ListeningScene()
    ahead = Ahead(scene.clock, "leader", lag_s=-200)
    venue = scene.venue = scene.venues.of["leader"] = ahead

    async def main() -> None:
        async with scene.listening(scene.lease()):
            venue.trade(PERPETUAL, "1")
            await asyncio.sleep(POLL_S * 3)

    simulate(scene.clock, main())
    assert scene.quantities() == [1]
    assert scene.told == []


def test_what_a_person_corrected_is_written_down() -> None:
    scene, venue = garbled(streams_fills=False)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            broken = venue.garble("2", price=Decimal(0))
            await asyncio.sleep(POLL_S * 3)
            venue.trade(PERPETUAL, "-1")
            await asyncio.sleep(POLL_S * 3)
            [aside] = scene.asides.open()
            assert scene.asides.release(aside, broken, BY)
            await asyncio.sleep(RECONCILE_S * 2)

    simulate(scene.clock, main())
    assert scene.quantities() == [-1, 2]
    assert scene.befores() == [2, 0]
    assert scene.tables.held["leader"].positions[f"{PERPETUAL}#net"].quantity == 1
