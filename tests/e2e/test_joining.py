"""A follower joins what its leader has already, while the leader goes on trading."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.consents import RISKS
from pilotfish.domain.orders import State
from pilotfish_local.onboarding import Trader, connect

from .conftest import USDM_BTC, Scene

RULES = {"multiplier": "0.5", "existing": "join", "join_tolerance": "0.2"}


@pytest.fixture
def joiner(scene: Scene) -> Trader:
    """An account that follows nobody yet."""
    trader = Trader(f"joiner-of-{scene.leader.name}", scene.leader.venue, "joining-user")
    connect(scene.local, [trader], leaders=False)
    return trader


def follow(scene: Scene, joiner: Trader, **rules: str) -> Any:
    who = {"leader_id": scene.leader.name, "account_id": joiner.name}
    consent = {"consent": RISKS.version}
    return scene.local.invoke("FollowFunction", who | consent | rules)


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        if time.monotonic() > deadline:
            pytest.fail("the follower did not get to its share of the leader's position")
        time.sleep(0.1)


def share(scene: Scene) -> Decimal:
    return scene.position(scene.leader) / 2


def test_half_of_what_the_leader_has_and_then_of_what_it_does(scene: Scene, joiner: Trader) -> None:
    scene.trade(("buy", "0.2", USDM_BTC), ("sell", "0.04", USDM_BTC))
    scene.await_fills()
    trading = threading.Thread(target=lambda: scene.trade(*[("buy", "0.02", USDM_BTC)] * 20))
    trading.start()
    time.sleep(0.3)
    answer = follow(scene, joiner, **RULES)
    trading.join()
    assert answer["state"] == "started"
    [joined] = answer["positions"]
    assert joined["state"] == State.PLANNED
    until(lambda: scene.position(joiner) == share(scene) == Decimal("0.28"))
    assert follow(scene, joiner, **RULES)["state"] == "following"

    scene.trade(("sell", "0.28", USDM_BTC))
    until(lambda: scene.position(joiner) == Decimal("0.14"))
    scene.trade(("sell", "0.28", USDM_BTC))
    until(lambda: scene.position(joiner) == 0)
    assert not scene.local.exchange.rejected(account=joiner.name)


def test_a_follower_who_joins_nothing_is_sent_nothing(scene: Scene, joiner: Trader) -> None:
    scene.trade(("buy", "0.2", USDM_BTC))
    scene.await_fills()
    answer = follow(scene, joiner, multiplier="0.5")
    assert (answer["state"], answer["positions"]) == ("started", [])
    assert answer["follow_id"] == f"{joiner.name}~{scene.leader.name}"
    scene.trade(("buy", "0.1", USDM_BTC))
    until(lambda: scene.position(joiner) == Decimal("0.05"))
