"""Workers are killed, triggers are lost: what the leader did is still copied once each."""

import os
import random
import signal
import threading
import time

import pytest

from pilotfish.domain.follows import Rules
from pilotfish.domain.orders import State
from pilotfish_local.local_stack import SHARD, LocalStack

from .conftest import USDM_BTC, Scene

VICTIMS = ("PollerFunction", "MapperFunction", "ExecutorFunction")


def test_workers_killed_at_random_moments_copy_everything_once(scene: Scene) -> None:
    scene.add_followers([Rules(lateness_s=600)] * 4)
    killer = _Killer(scene.local, seed=11)
    orders = [("buy", "0.02", USDM_BTC)] * 12 + [("sell", "0.03", USDM_BTC)] * 8

    with killer:
        scene.trade(*orders, pause_s=0.25)
    scene.local.invoke_async("PollerFunction", {"shard": SHARD})
    records = scene.settle(timeout_s=20)
    while any(not order.state.terminal for order in records) or killer.unheard(scene, records):
        scene.local.invoke("SweepFunction", {"patience_s": 5})
        records = scene.settle(timeout_s=5)
        killer.give_up_after(120)

    assert set(killer.killed) == set(VICTIMS)
    verdict = scene.verdict(records)
    assert (verdict.fills, verdict.copies) == (20, 80), verdict
    assert verdict.clean


class _Killer:
    """Kills a worker of one of the victims every half second or so."""

    def __init__(self, local: LocalStack, seed: int) -> None:
        self.killed: list[str] = []
        self._local = local
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._started = time.monotonic()

    def __enter__(self) -> "_Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(self._random.uniform(0.2, 0.7)):
            victim = VICTIMS[turn % len(VICTIMS)]
            for pid in self._local.aws.worker_pids(self._local.name(victim)):
                os.kill(pid, signal.SIGKILL)
                self.killed.append(victim)
            turn += 1
            if victim == "PollerFunction":
                self._local.invoke_async("PollerFunction", {"shard": SHARD})

    def unheard(self, scene: Scene, records: list) -> bool:  # type: ignore[type-arg]
        return len(records) < scene.fills * len(scene.follows)

    def give_up_after(self, seconds: float) -> None:
        if time.monotonic() - self._started > seconds:
            pytest.fail("the copies did not settle")


@pytest.mark.parametrize("function", ["MapperFunction", "ExecutorFunction"])
def test_the_sweep_finds_what_a_lost_trigger_left_behind(scene: Scene, function: str) -> None:
    (follower,) = scene.add_followers([Rules(lateness_s=600)])
    with _deaf(scene.local, function):
        scene.trade(("buy", "0.1", USDM_BTC))
        _await_fill(scene)
        assert scene.local.exchange.orders(account=follower.name) == []

        swept = scene.local.invoke("SweepFunction", {"patience_s": 0})
        if function == "MapperFunction":
            assert swept["fills"] >= 1
        else:
            assert swept["orders"] >= 1
            (order,) = scene.settle()
            assert order.state is State.COPIED
    (order,) = scene.settle()
    assert order.state is State.COPIED
    assert scene.verdict().clean


class _deaf:  # noqa: N801
    """A function whose stream mapping has lost its records for good."""

    def __init__(self, local: LocalStack, function: str) -> None:
        self._client = local.aws.client("lambda")
        self._function = local.name(function)

    def __enter__(self) -> None:
        self._set(enabled=False)

    def __exit__(self, *_: object) -> None:
        self._set(enabled=True)

    def _set(self, *, enabled: bool) -> None:
        found = self._client.list_event_source_mappings(FunctionName=self._function)
        for mapping in found["EventSourceMappings"]:
            self._client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        time.sleep(2)  # A mapping takes a while to notice, as on AWS.


def _await_fill(scene: Scene) -> None:
    client = scene.local.aws.client("dynamodb")
    for _ in range(200):
        found = client.query(
            TableName=scene.local.name("FillsTable"),
            KeyConditionExpression="pk = :leader",
            ExpressionAttributeValues={":leader": {"S": scene.leader.name}},
        )
        if found["Count"] >= scene.fills:
            time.sleep(0.5)
            return
        time.sleep(0.05)
    pytest.fail("the poller wrote no fill")
