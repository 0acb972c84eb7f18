"""Connections, counterparts and corrections on the whole stack, with the roles as deployed."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.orders import State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack

from .conftest import USDM_BTC, Scene, new_scene

SOON_S = 40.0


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not done():
        if time.monotonic() > deadline:
            pytest.fail("it did not happen")
        time.sleep(0.2)


def asked(local: LocalStack, function: str, what: str, **event: Any) -> Any:
    answer = local.invoke(function, {"do": what} | event)
    assert "done" in answer, answer
    return answer["done"]


def connections(local: LocalStack, what: str, **event: Any) -> Any:
    return asked(local, "ConnectionsFunction", what, **event)


def test_a_leader_is_copied_into_what_stands_for_its_symbol(local: LocalStack) -> None:
    scene = new_scene(local, "binanceusdm")
    (spot,) = scene.add_followers([Rules(spot_for_perpetual=True)], "binance")
    (delta,) = scene.add_followers([Rules(quotes=("USDT", "USD"))], "delta")

    scene.trade(("buy", "0.02", USDM_BTC))
    scene.settle()
    scene.trade(("sell", "0.01", USDM_BTC))
    scene.settle()

    # On spot the venue kept its fee of the coin, and half of what was left is 0.00999.
    for follower, symbol, left in (
        (spot, "BTC/USDT", "0.00999"),
        (delta, "BTC/USD:USD", "0.01"),
    ):
        entry, leave = scene.records_of(follower)
        assert [(o.symbol, o.state) for o in (entry, leave)] == [(symbol, State.COPIED)] * 2
        assert (entry.filled_quantity, leave.filled_quantity) == (Decimal("0.02"), Decimal(left))


def test_a_paused_follower_is_sent_exits_alone(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.settle()
    assert connections(scene.local, "pause", account_id=follower.name)["paused"]
    time.sleep(1.1)  # What the executor knew of the account.
    scene.trade(("buy", "0.02", USDM_BTC), ("sell", "0.04", USDM_BTC))
    scene.settle()

    first, second, leave = scene.records_of(follower)
    assert (first.state, second.state, leave.state) == (State.COPIED, State.SKIPPED, State.COPIED)
    assert second.reason == "account_paused"
    assert scene.position(follower) == 0


def test_what_a_paused_leader_did_is_copied_when_it_resumes(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules()])
    leader = scene.leader.name
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.settle()
    until(lambda: health_of(scene.local, leader)["fill_ms"] > 0)
    connections(scene.local, "pause", account_id=leader)
    assert "not closed with it" in notice_of(scene)
    time.sleep(4)
    scene.trade(("sell", "0.02", USDM_BTC))
    time.sleep(2)
    assert len(scene.records_of(follower)) == 1
    connections(scene.local, "resume", account_id=leader)
    scene.await_fills(timeout_s=SOON_S)
    scene.settle()
    assert scene.position(follower) == 0


def notice_of(scene: Scene) -> str:
    """What the owner of the one follow was told of its leader."""
    (follow,) = scene.follows
    told = scene.local.aws.client("dynamodb").query(
        TableName=scene.local.name("AlertsTable"),
        KeyConditionExpression="pk = :owner",
        ExpressionAttributeValues={":owner": {"S": follow.owner}},
    )["Items"]
    [one] = [each for each in told if each["about"] == {"S": follow.follow_id}]
    return str(one["text"]["S"])


def health_of(local: LocalStack, account_id: str) -> Any:
    listed = connections(local, "list", shard="0")
    [one] = [one for one in listed if one["connection"]["account_id"] == account_id]
    return one["health"]


def test_a_correction_is_read_and_moves_nothing(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.settle()
    leader = scene.leader.name
    [trade] = asked(scene.local, "ReviewFunction", "trades", account_id=leader)
    told = trade["told"]
    fill_id = f"{told['traded_ms']:013d}-{told['symbol']}-{told['trade_id']}"
    said = {"verb": "override", "changes": {"price": "1"}, "by": "ann", "note": "a test"}
    asked(scene.local, "ReviewFunction", "correct", account_id=leader, fill_id=fill_id, **said)

    [trade] = asked(scene.local, "ReviewFunction", "trades", account_id=leader)
    assert (trade["fill"]["price"], trade["told"]["price"]) == ("1", told["price"])
    assert scene.position(follower) == Decimal("0.02")
    assert asked(scene.local, "ReviewFunction", "asides") == []
