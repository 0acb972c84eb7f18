"""Workers are killed, triggers are lost: what the leader did is still copied once each."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack
from tests.stage import USDM_BTC, Scene

from .workers import dying, schedule_poller

VICTIMS = ("PollerFunction", "MapperFunction", "ExecutorFunction")
PATIENCE_S = 120


def test_workers_killed_at_random_moments_copy_everything_once(scene: Scene) -> None:
    scene.add_followers([Rules(lateness_s=600)] * 4)
    orders = [("buy", "0.02", USDM_BTC)] * 12 + [("sell", "0.03", USDM_BTC)] * 8

    with dying(scene.local, VICTIMS, seed=11, every_s=(0.2, 0.7)) as killed:
        scene.trade(*orders, pause_s=0.25)
    records = _swept_until_settled(scene)

    assert set(killed) == set(VICTIMS)
    verdict = scene.verdict(records)
    assert (verdict.fills, verdict.copies) == (20, 80), verdict
    assert verdict.clean


@pytest.mark.parametrize("function", ["MapperFunction", "ExecutorFunction"])
def test_the_sweep_finds_what_a_lost_trigger_left_behind(scene: Scene, function: str) -> None:
    (follower,) = scene.add_followers([Rules(lateness_s=600)])
    with trigger_lost(scene.local, function):
        scene.trade(("buy", "0.1", USDM_BTC))
        scene.await_fills()
        time.sleep(0.5)  # What a trigger that is not lost needs to bring about an order.
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


@contextmanager
def trigger_lost(local: LocalStack, function: str) -> Iterator[None]:
    """The function's stream mapping is off, as if its records were lost for good."""
    _enable_mappings(local, function, enabled=False)
    try:
        yield
    finally:
        _enable_mappings(local, function, enabled=True)


def _enable_mappings(local: LocalStack, function: str, *, enabled: bool) -> None:
    client = local.aws.client("lambda")
    found = client.list_event_source_mappings(FunctionName=local.name(function))
    for mapping in found["EventSourceMappings"]:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
    time.sleep(2)  # A mapping takes a while to notice, as on AWS.


def _swept_until_settled(scene: Scene) -> Sequence[CopyOrder]:
    """The sweep runs, as its schedule would have it, until nothing is left to do."""
    schedule_poller(scene.local)
    records = scene.settle(timeout_s=20)
    deadline = time.monotonic() + PATIENCE_S
    while len(records) < scene.pairs or any(not record.state.terminal for record in records):
        if time.monotonic() > deadline:
            pytest.fail(f"the copies did not settle: {records}")
        scene.local.invoke("SweepFunction", {"patience_s": 5})
        records = scene.settle(timeout_s=5)
    return records
