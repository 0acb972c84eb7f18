"""Copies that a follower closes by hand are told, or leave the books before the leader's exit."""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from pilotfish.domain.fills import Side
from pilotfish.domain.orders import State
from pilotfish.domain.rules import OnDrift, Rules
from pilotfish_local.demo.scenario import LeaderOrder
from pilotfish_local.demo.trading import trade
from pilotfish_local.onboarding import Trader

from .conftest import USDM_BTC, Scene


def test_what_was_closed_by_hand_is_told_or_accepted(scene: Scene) -> None:
    told, accepting = scene.add_followers([Rules(), Rules(on_drift=OnDrift.ACCEPT)])
    run = {"leader_id": scene.leader.name}
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()
    for follower in (told, accepting):
        _by_hand(scene, follower, Side.SELL, "0.06")

    found = scene.local.invoke("ReconcileFunction", run)
    assert (found["accounts"], found["left"], found["failed"]) == (2, [], [])
    drifts = {drift["account_id"]: drift for drift in found["drifts"]}
    assert {name: drift["accepted"] for name, drift in drifts.items()} == {
        told.name: False,
        accepting.name: True,
    }
    for drift in drifts.values():
        assert Decimal(drift["missing"]) == Decimal("0.06")
        assert Decimal(drift["held"]) == Decimal("0.04")
    history = {follower.name: scene.records_of(follower) for follower in (told, accepting)}
    assert [order.state for order in history[told.name]] == [State.COPIED]
    assert [order.reason for order in history[accepting.name]] == ["", "closed_elsewhere"]

    _by_hand(scene, told, Side.BUY, "0.06")
    nothing = {"accounts": 2, "drifts": [], "left": [], "failed": []}
    assert scene.local.invoke("ReconcileFunction", run) == nothing

    scene.trade(("sell", "0.05", USDM_BTC))
    _until(lambda: scene.position(told) == Decimal("0.05"))
    _until(lambda: scene.position(accepting) == Decimal("0.02"))
    scene.trade(("sell", "0.05", USDM_BTC))
    _until(lambda: scene.position(told) == scene.position(accepting) == 0)
    assert not scene.local.exchange.rejected(account=accepting.name)


def test_what_was_closed_by_hand_is_bought_back(scene: Scene) -> None:
    [restoring] = scene.add_followers(
        [Rules(on_drift=OnDrift.RESTORE, max_slippage=Decimal("0.2"))]
    )
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()
    _by_hand(scene, restoring, Side.SELL, "0.06")

    run = {"leader_id": scene.leader.name}
    [drift] = scene.local.invoke("ReconcileFunction", run)["drifts"]
    assert (drift["accepted"], drift["why"]) == (True, "restore")
    _until(lambda: scene.position(restoring) == Decimal("0.1"))
    assert [order.reason for order in scene.records_of(restoring)] == ["", "closed_elsewhere", ""]
    nothing = {"accounts": 1, "drifts": [], "left": [], "failed": []}
    _until(lambda: scene.local.invoke("ReconcileFunction", run) == nothing)

    scene.trade(("sell", "0.1", USDM_BTC))
    _until(lambda: scene.position(restoring) == 0)


def _by_hand(scene: Scene, follower: Trader, side: Side, quantity: str) -> None:
    """The follower's own order, which Pilotfish knows nothing of."""
    order = LeaderOrder(follower.name, USDM_BTC, side, Decimal(quantity))
    asyncio.run(trade(scene.local.endpoints, [follower], [order], pause_s=0))


def _until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        if time.monotonic() > deadline:
            pytest.fail("a follower did not get where its leader's exit left it")
        time.sleep(0.1)
