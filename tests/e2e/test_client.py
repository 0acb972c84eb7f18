"""`pilotfish.client` on the running stack misses nothing, whatever becomes of its connections."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.client import LiveClient, Options, Status
from pilotfish.client.wires import WebSockets, Wire
from pilotfish.clock import utc_ms
from pilotfish.domain.messages import CopyUpdate, TradeUpdate
from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url

from .conftest import USDM_BTC, Scene

OPERATOR = Viewer("operator", operator=True)
HASTY = Options(min_connected=0.5, heartbeat=1.0, queue=5_000)


class Fragile:
    """The stack's sockets, which a test can cut."""

    def __init__(self, scene: Scene, viewer: Viewer) -> None:
        self._sockets = WebSockets(lambda: ticket_url(scene.local, viewer, ()))
        self.wires: list[Wire] = []

    async def open(self) -> Wire:
        self.wires.append(await self._sockets.open())
        return self.wires[-1]


async def test_nothing_is_lost_over_reconnects(
    scene: Scene, closing_line: Callable[[str], None]
) -> None:
    scene.add_followers([Rules()] * 3)
    sockets = Fragile(scene, OPERATOR)
    async with LiveClient(options=HASTY, transport=sockets) as client:
        loop = asyncio.get_running_loop()
        back: list[float] = []
        trades, copies = await client.trades().ready(), await client.copies().ready()
        started = (trades.queue.last, copies.queue.last)  # type: ignore[union-attr]
        for side in ("buy", "sell", "buy", "sell"):
            orders = [(side, "0.02", USDM_BTC)] * 3
            trading = asyncio.create_task(asyncio.to_thread(scene.trade, *orders, pause_s=0.5))
            await asyncio.sleep(0.7)
            cut, count = loop.time(), client.connections
            await sockets.wires[-1].close()
            while client.connections == count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            back.append(loop.time() - cut)
            await trading
        records = await asyncio.to_thread(scene.settle)
        wanted = {(r.order_id, n) for r in records for n in range(r.revision + 1)}
        told: set[tuple[str, int]] = set()
        seqs = []
        async with asyncio.timeout(30):
            while not wanted <= told:
                message = await copies.get()
                assert isinstance(message, CopyUpdate), "nothing needed a snapshot"
                seqs.append(message.seq)
                told.add((message.order, message.revision))
            fills: list[Any] = []
            while len(fills) < scene.fills:
                fill = await trades.get()
                assert isinstance(fill, TradeUpdate)
                fills += [fill.fill] if fill.leader == scene.leader.name else []
        assert client.connections == 5
        assert client.status is Status.CONNECTED
    assert seqs == list(range(started[1] + 1, started[1] + 1 + len(seqs)))
    assert len(set(fills)) == scene.fills
    closing_line(f"client: back after {len(back)} cuts in at most {max(back):.1f} s, all caught up")


async def test_prices_positions_and_the_past(scene: Scene) -> None:
    scene.add_followers([Rules()], owners=["paula"])
    await asyncio.to_thread(scene.trade, ("buy", "0.02", USDM_BTC))
    await asyncio.to_thread(scene.settle)
    viewer = Viewer("paula")
    address = lambda: ticket_url(scene.local, viewer, ())  # noqa: E731
    async with LiveClient(address, options=HASTY) as client, asyncio.timeout(40):
        prices, positions = client.prices("BTCUSDT"), client.positions()
        assert (await prices.get()).price > 0
        (held,) = (await client.get_positions()).positions
        assert held.quantity == pytest.approx(0.02)
        while not (told := await positions.get()).positions:
            pass
        assert told.positions[0].symbol == held.symbol
        past = [each async for each in client.replay("copies", 0, utc_ms())]
        assert {each.state for each in past if isinstance(each, CopyUpdate)} == {"COPIED"}
        assert client.latency is not None
