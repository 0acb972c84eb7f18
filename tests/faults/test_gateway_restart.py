"""The gateway restarts while copies are told: every client's view is whole soon after."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable

import pytest

from pilotfish.client import LiveClient, Options, Snapshot
from pilotfish.domain.messages import CopyUpdate
from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url
from tests.stage import USDM_BTC, Scene

from .front import Front
from .test_live_chaos import Truth, check_view, until_true
from .viewing import Watcher

HASTY = Options(min_connected=0.5, heartbeat=1.0, data_timeout=4.0, queue=10_000)
OPERATOR = Viewer("operator", operator=True)


class Listener:
    """`pilotfish.client`, and what it was told of each order."""

    def __init__(self, scene: Scene, front: Front) -> None:
        self.client = LiveClient(
            lambda: front.reach(ticket_url(scene.local, OPERATOR, ())), options=HASTY
        )
        self.seqs: list[int] = []
        self.orders: dict[str, tuple[int, str]] = {}
        self.steps_back = 0

    async def listen(self) -> None:
        async for message in self.client.copies():
            assert not isinstance(message, Snapshot), "nothing needed one"
            self.take(message)

    def take(self, message: CopyUpdate) -> None:
        self.seqs.append(message.seq)
        before = self.orders.get(message.order, (-1, ""))
        self.steps_back += message.revision < before[0]
        self.orders[message.order] = (message.revision, message.state)


async def test_views_are_whole_after_the_gateway_restarted(
    scene: Scene, pytestconfig: pytest.Config, closing_line: Callable[[str], None]
) -> None:
    local, seed = scene.local, pytestconfig.getoption("--chaos-seed")
    chance = random.Random(f"gateway:{seed}")
    users = [f"gate-{seed}-{number}" for number in range(3)]
    scene.add_followers([Rules()] * len(users), owners=users)
    trader = f"trader:{scene.leader.name}"
    async with Front(local.socket_url).running() as front:
        watchers = [
            Watcher(local, Viewer(user), ("copies", trader), chance, front.reach)
            for user in users * 2
        ]
        running = [asyncio.create_task(watcher.run()) for watcher in watchers]
        listener = Listener(scene, front)
        async with listener.client:
            listening = asyncio.create_task(listener.listen())
            async with asyncio.timeout(60):
                await asyncio.gather(*(watcher.ready.wait() for watcher in watchers))
                await listener.client.copies().ready()
            orders = [(chance.choice(["buy", "sell"]), "0.02", USDM_BTC) for _ in range(15)]
            trading = asyncio.create_task(asyncio.to_thread(scene.trade, *orders, pause_s=0.6))
            for _ in range(3):
                await asyncio.sleep(1.5)
                await front.restart(away_s=1.0, forgotten_s=chance.uniform(1.0, 3.0))
            await trading
            truth = Truth(await asyncio.to_thread(scene.settle), len(orders))
            wanted = truth.of(OPERATOR)
            await until_true(
                lambda: (
                    not any(truth.missing(watcher) for watcher in watchers)
                    and wanted.items() <= listener.orders.items()
                    and listener.client.connections > 1
                )
            )
            listening.cancel()
        for watcher in watchers:
            watcher.stop()
        await asyncio.gather(*running)

    counts = sum((watcher.counts for watcher in watchers), Counter[str]())
    closing_line(
        f"gateway restarts, seed {seed}: {front.restarts} times, {front.ended} sockets ended, "
        f"{len(truth.states)} orders, {len(watchers) + 1} clients, "
        f"{listener.client.connections} connections of pilotfish.client; "
        f"{', '.join(f'{name} {count}' for name, count in sorted(counts.items()))}"
    )
    for watcher in watchers:
        check_view(watcher, truth)
    assert wanted.items() <= listener.orders.items()
    assert listener.client.connections > 1
    assert listener.steps_back == 0
    first = listener.seqs[0]
    assert listener.seqs == list(range(first, first + len(listener.seqs)))
    assert front.ended >= 3 * len(watchers)
