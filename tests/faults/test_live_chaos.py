"""Clients dropped, the broadcaster killed, records twice and out of order: every view is whole."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish_local.local_stack import LocalStack
from tests.stage import USDM_BTC, Scene

from .viewing import Watcher
from .workers import kill

TABLES = ("FillsTable", "CopyOrdersTable")
SETTLE_S = 60.0


class Records:
    """What the streams of fills and copy orders bring, to bring it again."""

    def __init__(self, local: LocalStack) -> None:
        self._local = local
        self._client = local.aws.client("dynamodbstreams")
        dynamodb = local.aws.client("dynamodb")
        self._iterators: dict[str, list[str]] = {}
        for table in TABLES:
            name = local.name(table)
            arn = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
            stream = self._client.describe_stream(StreamArn=arn)["StreamDescription"]
            self._iterators[arn] = [
                self._client.get_shard_iterator(
                    StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
                )["ShardIterator"]
                for shard in stream["Shards"]
            ]
        self._kept: list[dict[str, Any]] = []
        self.again = 0

    def deliver_again(self, chance: random.Random) -> None:
        """Some of them, in any order, some twice."""
        for arn, iterators in self._iterators.items():
            for place, iterator in enumerate(iterators):
                answer = self._client.get_records(ShardIterator=iterator, Limit=1000)
                iterators[place] = answer["NextShardIterator"]
                for record in answer["Records"]:
                    change = dict(record["dynamodb"])
                    at = change["ApproximateCreationDateTime"].timestamp()
                    change["ApproximateCreationDateTime"] = at
                    if "NewImage" in change:
                        self._kept.append({**record, "dynamodb": change, "eventSourceARN": arn})
        some = chance.choices(self._kept, k=min(len(self._kept), chance.randint(1, 15)))
        if not some:
            return
        try:
            self._local.invoke("BroadcasterFunction", {"Records": some})
        except (RuntimeError, ClientError):
            return  # Its worker was killed, which is the other half of this chaos.
        self.again += len(some)


@asynccontextmanager
async def now_and_then(act: Callable[[], None], every_s: float) -> AsyncIterator[None]:
    async def acting() -> None:
        while True:
            await asyncio.sleep(every_s)
            await asyncio.to_thread(act)

    task = asyncio.create_task(acting())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Truth:
    """What the tables say in the end, and who may see what of it."""

    def __init__(self, orders: Sequence[CopyOrder], fills: int) -> None:
        self.states = {order.order_id: (order.revision, str(order.state)) for order in orders}
        self.owners = {order.order_id: order.owner for order in orders}
        self.fills = fills

    def of(self, viewer: Viewer) -> dict[str, tuple[int, str]]:
        return {
            order: state
            for order, state in self.states.items()
            if viewer.operator or self.owners[order] == viewer.user
        }

    def missing(self, watcher: Watcher) -> dict[str, Any]:
        """What a client does not know as it is; empty when its view is whole."""
        seen, wanted = watcher.view.orders, self.of(watcher.viewer)
        wrong: dict[str, Any] = {
            order: (seen.get(order), state)
            for order, state in wanted.items()
            if seen.get(order) != state
        }
        lacking = self.fills - len(watcher.view.fills)
        return wrong | ({"fills": lacking} if lacking > 0 else {})


def check_view(watcher: Watcher, truth: Truth) -> None:
    """Nothing is missing, nothing is another's, and no channel skipped or went back."""
    view = watcher.view
    assert truth.missing(watcher) == {}
    assert set(view.orders) <= set(truth.of(watcher.viewer)) or watcher.viewer.operator
    assert not view.foreign
    assert not view.steps_back
    for numbers in view.numbers.values():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_every_view_is_whole_after_a_minute_without_a_gap_or_a_step_back(
    scene: Scene, pytestconfig: pytest.Config, closing_line: Callable[[str], None]
) -> None:
    local, seed = scene.local, pytestconfig.getoption("--chaos-seed")
    fills = max(20, pytestconfig.getoption("--chaos-fills") // 3)
    chance = random.Random(f"clients:{seed}")
    users = [f"live-{seed}-{number}" for number in range(4)]
    scene.add_followers([Rules()] * len(users), owners=users)
    watchers = _watchers(scene, users, chance)
    records = await asyncio.to_thread(Records, local)
    killed: Counter[str] = Counter()

    def kill_broadcaster() -> None:
        """One that has told something: a busy machine starts it no faster than it is killed."""
        told = sum(len(n) for watcher in watchers for n in watcher.view.numbers.values())
        if told > killed["at"]:
            killed["at"] = told
            killed["broadcaster"] += kill(local, "BroadcasterFunction")

    def drop_some() -> None:
        everyone = chance.random() < 0.2
        for watcher in watchers if everyone else chance.sample(watchers, 2):
            watcher.drop()

    running = [asyncio.create_task(watcher.run()) for watcher in watchers]
    async with asyncio.timeout(60):
        await asyncio.gather(*(watcher.ready.wait() for watcher in watchers))
    async with (
        now_and_then(kill_broadcaster, 2.0),
        now_and_then(drop_some, 0.7),
        now_and_then(lambda: records.deliver_again(chance), 0.3),
    ):
        orders = [(chance.choice(["buy", "sell"]), "0.02", USDM_BTC) for _ in range(fills)]
        await asyncio.to_thread(scene.trade, *orders, pause_s=0.25)
        truth = Truth(await asyncio.to_thread(scene.settle), fills)
    await until_true(lambda: not any(truth.missing(watcher) for watcher in watchers))
    for watcher in watchers:
        watcher.stop()
    await asyncio.gather(*running)

    counts = sum((watcher.counts for watcher in watchers), Counter[str]())
    closing_line(
        f"live chaos, seed {seed}: {fills} fills, {len(truth.states)} orders, "
        f"{len(watchers)} clients; broadcaster killed {killed['broadcaster']} times, "
        f"{records.again} records again; "
        f"{', '.join(f'{name} {count}' for name, count in sorted(counts.items()))}"
    )
    for watcher in watchers:
        check_view(watcher, truth)
    assert counts["snapshots"] == 0
    assert counts["dropped"] > 5
    assert killed["broadcaster"] > 0
    assert records.again > 0


def _watchers(scene: Scene, users: list[str], chance: random.Random) -> list[Watcher]:
    """Two clients for each user, and two operators."""
    local, trader = scene.local, f"trader:{scene.leader.name}"
    own = [Watcher(local, Viewer(user), ("copies", trader), chance) for user in users * 2]
    root = Viewer("root", operator=True)
    return own + [Watcher(local, root, ("copies", trader, "trades"), chance) for _ in range(2)]


async def until_true(true: Callable[[], bool]) -> None:
    """What is missing after that is for the assertions to say."""
    for _ in range(int(SETTLE_S / 0.2)):
        if true():
            return
        await asyncio.sleep(0.2)
