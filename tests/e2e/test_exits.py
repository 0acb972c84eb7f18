"""A leader's exit reaches every follower, also one whose order the venue refused or cut short."""

import time
from decimal import Decimal
from typing import Any

from pilotfish.domain.orders import State
from pilotfish.domain.rules import Rules

from .conftest import USDM_BTC, Scene


def test_a_refused_exit_is_closed_by_exit_sync(scene: Scene) -> None:
    healthy, refused = scene.add_followers([Rules()] * 2)
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()
    scene.local.exchange.change_account(refused.name, enabled=False)
    scene.trade(("sell", "0.1", USDM_BTC))
    scene.settle()
    assert scene.position(refused) == Decimal("0.1")

    scene.local.exchange.change_account(refused.name, enabled=True)
    execution = _ended(scene)
    assert execution["status"] == "SUCCEEDED"
    assert scene.position(refused) == 0
    assert scene.position(healthy) == 0
    entry, *exits = scene.records_of(refused)
    assert entry.state is State.COPIED
    assert all(order.reduce_only for order in exits)
    assert exits[0].state is State.REJECTED
    assert exits[-1].state is State.COPIED
    assert len(scene.local.exchange.orders(account=healthy.name)) == 2


def _ended(scene: Scene) -> Any:
    """The execution of the leader's exit, once it is over."""
    client, machine = scene.local.aws.client("stepfunctions"), scene.local.name("ExitSync")
    for _ in range(600):
        for execution in client.list_executions(stateMachineArn=machine)["executions"]:
            found = client.describe_execution(executionArn=execution["executionArn"])
            if scene.leader.name in found["input"] and found["status"] != "RUNNING":
                return found
        time.sleep(0.1)
    raise AssertionError("exit_sync did not end")
