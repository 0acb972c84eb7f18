"""`pilotfish replay` and `history` on the running stack; the venue's book is the judge."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pilotfish.adapters.dynamo.orders import DynamoOrders
from pilotfish.clock import utc_ms
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from pilotfish_local.cli import app, running_stack
from pilotfish_local.local_stack import LocalStack
from pilotfish_venues.table import spec_of

from .conftest import USDM_BTC, Scene

Pilotfish = Callable[..., Any]


@pytest.fixture
def pilotfish(local: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pilotfish:
    """A command on the running stack, and its JSON."""
    (tmp_path / "up.json").write_text(json.dumps(local.describe()))
    monkeypatch.setattr(running_stack, "UP_FILE", tmp_path / "up.json")

    def run(*arguments: str) -> Any:
        result: Result = CliRunner().invoke(app, [*arguments, "--json"])
        assert result.exit_code in (0, 1), result.output
        return json.loads(result.stdout)

    return run


def test_a_rejected_copy_is_sent_once_when_its_cause_is_gone(
    scene: Scene, pilotfish: Pilotfish
) -> None:
    healthy, refused = scene.add_followers([Rules()] * 2)
    scene.local.exchange.change_account(refused.name, enabled=False)
    scene.trade(("buy", "0.1", USDM_BTC))
    [order] = [o for o in scene.settle() if o.account_id == refused.name]
    assert order.state is State.REJECTED
    [said] = pilotfish("replay", order.order_id)["orders"]
    assert "-2015" in said["why"], "the cause is still there"
    scene.local.exchange.change_account(refused.name, enabled=True)
    _await_evidence(order)

    [said] = pilotfish("replay", order.order_id, "--dry-run")["orders"]
    assert said["verdict"] == "sent_again"
    assert scene.records_of(refused) == [order]
    assert scene.position(refused) == 0

    since = datetime.fromtimestamp(order.history[-1].at_ms / 1000 - 1, UTC).isoformat()
    replayed = pilotfish("replay", "--failed-since", since)["orders"]
    assert [one["verdict"] for one in replayed if one["order_id"] == order.order_id] == [
        "sent_again"
    ]
    [copied] = [o for o in scene.settle() if o.account_id == refused.name]
    assert copied.state is State.COPIED
    assert scene.position(refused) == scene.position(healthy) == Decimal("0.1")
    assert len(scene.local.exchange.orders(account=refused.name)) == 1

    [again] = pilotfish("replay", order.order_id)["orders"]
    assert again["verdict"] == "refused"
    [line] = pilotfish("history", "--order", order.order_id)
    assert [step["reason"] for step in line["steps"] if step["state"] == "UNSENT"] == ["replayed"]
    assert "-2015" in line["why"]
    lines = pilotfish("history", "--leader", scene.leader.name)
    assert {one["account_id"] for one in lines} == {healthy.name, refused.name}
    assert pilotfish("history", "--follow", order.follow_id) == [line]
    scene.trade(("sell", "0.1", USDM_BTC))
    scene.settle()
    assert scene.position(refused) == 0


def test_a_replay_of_what_did_arrive_sends_nothing(scene: Scene, pilotfish: Pilotfish) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.1", USDM_BTC))
    (order,) = scene.settle()
    lost = _given_up(scene.local, order)
    waiting = pilotfish("history", "--state", "MANUAL")
    assert order.order_id in [line["order_id"] for line in waiting]
    _await_evidence(order)

    [said] = pilotfish("replay", order.order_id)["orders"]

    assert (said["was"], said["verdict"]) == ("MANUAL", "arrived")
    (found,) = scene.settle()
    assert (found.state, found.revision) == (State.COPIED, lost.revision + 1)
    assert (found.filled_quantity, found.venue_order_id) == (
        order.filled_quantity,
        order.venue_order_id,
    )
    assert len(scene.local.exchange.orders(account=follower.name)) == 1
    scene.trade(("sell", "0.1", USDM_BTC))
    scene.settle()
    assert scene.position(follower) == 0


def _given_up(local: LocalStack, order: CopyOrder) -> CopyOrder:
    """The order as if nobody had ever heard of its fate."""
    orders = DynamoOrders(
        local.aws.client("dynamodb"),
        local.name("CopyOrdersTable"),
        follows_table=local.name("FollowsTable"),
        positions_table=local.name("PositionsTable"),
    )
    lost = replace(
        order,
        state=State.MANUAL,
        reason="look-up failed: 502",
        venue_order_id="",
        filled_quantity=Decimal(0),
        average_price=Decimal(0),
        answered_ms=utc_ms(),
    )
    after = asyncio.run(orders.record(order, lost))
    assert after is not None
    return after


def _await_evidence(order: CopyOrder) -> None:
    """Until an order that is not seen at the venue can be said never to have arrived."""
    evidence = spec_of(order.venue).evidence
    wait_s = evidence.receive_window_s + evidence.visibility_lag_s
    time.sleep(max(0.0, order.sent_ms / 1000 + wait_s + 0.5 - time.time()))
