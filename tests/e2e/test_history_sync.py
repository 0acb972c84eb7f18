"""Back-fills on the running stack, beside live copying, with a venue and workers that misbehave."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.clock import utc_ms
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import State
from pilotfish.domain.rules import Rules
from pilotfish.domain.sync_sessions import DAY_MS
from pilotfish_local.local_stack import LocalStack
from tests.faults.workers import kill

from .conftest import USDM_BTC, Scene

USDM_ETH = "ETH/USDT:USDT"
TRADES = 4_000
STANDS_STILL_S = 120

Ask = Callable[..., Any]


@pytest.fixture
def ask(local: LocalStack) -> Ask:
    """An action of the history function, and the one session that it answers with."""

    def act(action: str, account_id: str, **more: Any) -> Any:
        event = {"action": action, "account_id": account_id, **more}
        answer = local.invoke("HistoryFunction", event)
        return answer["sessions"][0] if "sessions" in answer else answer

    return act


def with_a_past(scene: Scene, trades: int = TRADES) -> None:
    """The leader traded on two markets for a month before anybody listened."""
    until_ms = utc_ms() - DAY_MS
    scene.local.exchange.trade_in_the_past(
        scene.leader.name, ["BTCUSDT", "ETHUSDT"], trades, until_ms - 27 * DAY_MS, until_ms
    )


def misbehave(scene: Scene) -> None:
    """A third of the requests for the leader's fills fail somehow."""
    rules = [
        {"kind": "status", "status": 429, "retry_after": 1},
        {"kind": "status", "status": 502, "body": "html"},
        {"kind": "status", "status": 503},
        {"kind": "junk"},
        {"kind": "reset"},
    ]
    where = {"account": scene.leader.name, "endpoint": "fills", "probability": 0.08, "seed": 7}
    scene.local.exchange.add_faults([rule | where for rule in rules])


def await_session(ask: Ask, scene: Scene, done: Callable[[Any], bool]) -> Any:
    """It takes what the machine has left; what fails is a session that moves no further."""
    before, stuck_s = None, time.monotonic() + STANDS_STILL_S
    while not done(session := ask("show", scene.leader.name)):
        if session != before:
            before, stuck_s = session, time.monotonic() + STANDS_STILL_S
        if time.monotonic() > stuck_s:
            pytest.fail(f"it does not come that far: {json.dumps(session)}")
        time.sleep(0.1)
    return session


def fills_of(scene: Scene) -> list[Fill]:
    pages = (
        scene.local.aws.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=scene.local.name("FillsTable"),
            KeyConditionExpression="pk = :leader",
            ExpressionAttributeValues={":leader": {"S": scene.leader.name}},
        )
    )
    return [fill_from_item(item) for page in pages for item in page["Items"]]


def test_a_past_comes_over_once_whatever_fails_and_is_not_copied(scene: Scene, ask: Ask) -> None:
    (follower,) = scene.add_followers([Rules(lateness_s=600)])
    with_a_past(scene)
    misbehave(scene)
    started = ask("start", scene.leader.name)
    assert "runs: stop it first" in ask("start", scene.leader.name)["refused"]
    scene.trade(("buy", "0.1", USDM_BTC))
    await_session(ask, scene, lambda session: session["trades_synced"])
    assert kill(scene.local, "HistorySyncFunction")
    scene.trade(("sell", "0.04", USDM_BTC))
    session = await_session(ask, scene, lambda session: session["completed_ms"])

    assert (session["status"], session["session_id"]) == ("COMPLETED", started["session_id"])
    assert (session["trades_synced"], session["trades_updated"]) == (TRADES, 0)
    assert session["until_ms"] < started["started_ms"]
    assert sum(rule["fired"] for rule in scene.local.exchange.faults()) > 0
    scene.local.exchange.clear_faults()
    assert [order.state for order in scene.settle()] == [State.COPIED] * 2
    stored = Counter((fill.symbol, fill.history) for fill in fills_of(scene))
    half = TRADES // 2
    assert stored == {(USDM_BTC, True): half, (USDM_ETH, True): half, (USDM_BTC, False): 2}
    assert len(scene.local.exchange.orders(account=follower.name)) == 2
    assert str(scene.position(follower)) == "0.06"

    again = ask("start", scene.leader.name)
    assert again["session_id"] != started["session_id"]
    second = await_session(ask, scene, lambda session: session["completed_ms"])
    assert (second["trades_synced"], second["trades_known"]) == (0, TRADES)


def test_one_that_was_stopped_goes_on_where_it_was(scene: Scene, ask: Ask) -> None:
    with_a_past(scene)
    ask("start", scene.leader.name)
    await_session(ask, scene, lambda session: session["trades_synced"])
    assert ask("stop", scene.leader.name)["status"] == "STOPPING"
    stopped = await_session(ask, scene, lambda session: session["completed_ms"])
    assert stopped["status"] == "STOPPED"
    assert 0 < stopped["trades_synced"] < TRADES
    assert len(fills_of(scene)) == stopped["trades_synced"]
    again = ask("retry", scene.leader.name)
    assert (again["cursor"], again["attempt"]) == (stopped["cursor"], 2)
    done = await_session(ask, scene, lambda session: session["completed_ms"])
    assert (done["status"], done["trades_synced"]) == ("COMPLETED", TRADES)


def test_a_key_that_is_refused_fails_the_session_in_words(scene: Scene, ask: Ask) -> None:
    with_a_past(scene, 10)
    scene.local.exchange.change_account(scene.leader.name, enabled=False)
    ask("start", scene.leader.name, symbols=[USDM_BTC])
    failed = await_session(ask, scene, lambda session: session["completed_ms"])
    assert failed["status"] == "FAILED"
    assert "-2015" in failed["error"]
    scene.local.exchange.change_account(scene.leader.name, enabled=True)
    ask("retry", scene.leader.name)
    done = await_session(ask, scene, lambda session: session["completed_ms"])
    assert (done["status"], done["error"]) == ("COMPLETED", "")
