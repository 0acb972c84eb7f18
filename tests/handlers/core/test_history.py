"""Back-fills through both functions: each sample is asked twice, and the second changes nothing."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NoFurther, NotSent, Rejected
from pilotfish.domain.sync_sessions import DAY_MS, SyncSession, SyncStatus
from tests.fakes.samples import PERPETUAL, a_fill, a_session
from tests.handlers.conftest import sample, samples
from tests.handlers.core.batches import failed
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

ACCOUNT = "ada-usdm"
TURN = "history_sync/turn.json"
LAST = "history_sync/last_turn.json"
TRADES = 130
NOW_MS = 1_723_111_380_000
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 55_000)


@pytest.fixture
def account(stack: Stack) -> Stack:
    stack.clock.now_ms = NOW_MS
    stack.accounts.save(Account(ACCOUNT, "ada", "binanceusdm", b"sealed"))
    venue = stack.at_venue(ACCOUNT)
    venue.page = 50
    venue.trades += [
        a_fill(
            account_id=ACCOUNT,
            trade_id=str(number),
            traded_ms=NOW_MS - DAY_MS - number * 3_600_000,
        )
        for number in range(TRADES)
    ]
    return stack


def sessions(stack: Stack) -> DynamoSyncSessions:
    return DynamoSyncSessions(stack.dynamodb, stack.tables["SyncSessionsTable"])


def stored(stack: Stack) -> SyncSession:
    """The one session that there is."""
    [session] = sessions(stack).of_account(ACCOUNT, 9)
    return session


def left(stack: Stack, status: SyncStatus) -> SyncSession:
    """The session of the samples, as somebody left it."""
    asked = sample(TURN)
    session = a_session(
        account_id=ACCOUNT,
        session_id=asked["session_id"],
        owner="ada",
        venue="binanceusdm",
        since_ms=NOW_MS - 30 * DAY_MS,
        until_ms=NOW_MS,
        started_ms=NOW_MS,
        moved_ms=NOW_MS,
        symbols=(PERPETUAL,),
    )
    sessions(stack).begin(session)
    if status is SyncStatus.RUNNING:
        return session
    after = session.ended(status, NOW_MS) if not status.active else session.moved(NOW_MS)
    sessions(stack).move(session, replace(after, status=status))
    return stored(stack)


def executions(stack: Stack) -> list[Any]:
    machine = stack.machines["HistorySync"]
    listed = stack.states.list_executions(stateMachineArn=machine)["executions"]
    return [stack.states.describe_execution(executionArn=e["executionArn"]) for e in listed]


def test_every_sample_is_expected() -> None:
    asked = [sample(path)["action"] for path in samples("history")]
    assert set(asked) == {"start", "stop", "retry", "show", "list"}
    assert samples("history_sync") == [LAST, TURN]


@pytest.mark.parametrize("path", ["history/start.json", "history/start_last_30_days.json"])
def test_a_session_is_started_once(account: Stack, start: Start, path: str) -> None:
    history = start("history")
    [told] = history.handler(sample(path), None)["sessions"]
    assert (told["status"], told["sync_type"], told["started_ms"]) == ("RUNNING", "history", NOW_MS)
    assert (told["since_ms"], told["until_ms"]) == (NOW_MS - 30 * DAY_MS, NOW_MS)
    [execution] = executions(account)
    key = {"account_id": ACCOUNT, "session_id": told["session_id"], "attempt": 1}
    assert json.loads(execution["input"]) == key
    before = account.contents()
    for again in (history, start("history")):
        assert told["session_id"] in again.handler(sample(path), None)["refused"]
    assert (account.contents(), len(executions(account))) == (before, 1)


def test_a_stop_is_asked_for_once(account: Stack, start: Start) -> None:
    left(account, SyncStatus.RUNNING)
    history = start("history")
    [told] = history.handler(sample("history/stop.json"), None)["sessions"]
    assert told["status"] == "STOPPING"
    before = account.contents()
    for again in (history, start("history")):
        assert again.handler(sample("history/stop.json"), None) == {"sessions": [told]}
    assert account.contents() == before


def test_one_that_failed_is_tried_again_once(account: Stack, start: Start) -> None:
    left(account, SyncStatus.FAILED)
    history = start("history")
    [told] = history.handler(sample("history/retry.json"), None)["sessions"]
    assert (told["status"], told["attempt"]) == ("RUNNING", 2)
    before = account.contents()
    for again in (history, start("history")):
        assert again.handler(sample("history/retry.json"), None) == {"sessions": [told]}
    assert account.contents() == before
    [execution] = executions(account)
    assert json.loads(execution["input"])["attempt"] == 2


@pytest.mark.parametrize("name", ["show", "list", "list_running"])
def test_looking_changes_nothing(account: Stack, start: Start, name: str) -> None:
    session = left(account, SyncStatus.RUNNING)
    before = account.contents()
    history = start("history")
    for again in (history, start("history")):
        [told] = again.handler(sample(f"history/{name}.json"), None)["sessions"]
        assert (told["session_id"], told["symbols"]) == (session.session_id, [PERPETUAL])
    assert account.contents() == before


@pytest.mark.parametrize("path", samples("history_sync"))
def test_a_turn_brings_every_trade_once(account: Stack, start: Start, path: str) -> None:
    left(account, SyncStatus.RUNNING)
    turn = start("history_sync", HistoryTradesPerSecond="100000")
    done = {"standing": "COMPLETED", "pages": 3, "trades": TRADES, "finding": "", "wait_s": 0.0}
    assert turn.handler(sample(path), CONTEXT) == done
    fills = [fill_from_item(item) for item in account.items("FillsTable")]
    assert len(fills) == TRADES
    assert all(fill.history for fill in fills)
    assert (stored(account).trades_synced, stored(account).pages) == (TRADES, 3)
    before = account.contents()
    again = done | {"pages": 0, "trades": 0}
    assert turn.handler(sample(path), CONTEXT) == again
    assert start("history_sync").handler(sample(path), CONTEXT) == again
    assert account.contents() == before
    assert account.items("PositionsTable") == []


def test_what_the_mapper_is_shown_of_the_past_it_leaves(account: Stack, start: Start) -> None:
    """Though the stream's filter would let it through."""
    left(account, SyncStatus.RUNNING)
    start("history_sync", HistoryTradesPerSecond="100000").handler(sample(TURN), CONTEXT)
    account.pair(ACCOUNT, "ben-usdm", "binanceusdm")
    batch = sample("mapper/usdm.json")
    [record] = batch["Records"]
    record["dynamodb"]["NewImage"] = account.items("FillsTable")[0]
    assert start("mapper").handler(batch, None) == failed()
    assert account.copy_orders() == []


def test_a_turn_that_is_throttled_says_how_long_to_wait(account: Stack, start: Start) -> None:
    left(account, SyncStatus.RUNNING)
    account.at_venue(ACCOUNT).history_errors.extend([None, NotSent("429", wait_s=7)])
    turn = start("history_sync", HistoryTradesPerSecond="100000")
    told = {"standing": "RUNNING", "pages": 1, "trades": 50, "finding": "429", "wait_s": 7.0}
    assert turn.handler(sample(TURN), CONTEXT) == told
    assert turn.handler(sample(TURN), CONTEXT)["standing"] == "COMPLETED"
    assert stored(account).trades_synced == TRADES


def test_a_last_turn_that_is_refused_fails_and_is_done_again(account: Stack, start: Start) -> None:
    left(account, SyncStatus.RUNNING)
    account.at_venue(ACCOUNT).history_errors.extend([Rejected("expired")] * 2)
    turn = start("history_sync", HistoryTradesPerSecond="100000")
    assert turn.handler(sample(TURN), CONTEXT)["standing"] == "REFUSED"
    with pytest.raises(NoFurther, match="expired"):
        turn.handler(sample(LAST), CONTEXT)
    assert (stored(account).status, stored(account).error) == (SyncStatus.FAILED, "expired")
    assert turn.handler(sample(LAST), CONTEXT)["standing"] == "COMPLETED"


def test_trades_are_counted(account: Stack, start: Start, lines: Any) -> None:
    left(account, SyncStatus.RUNNING)
    start("history_sync", HistoryTradesPerSecond="100000").handler(sample(TURN), CONTEXT)
    assert any(f'"TradesSynced":[{TRADES}.0]' in line for line in lines())


def test_an_action_that_does_not_exist_fails(account: Stack, start: Start) -> None:
    with pytest.raises(KeyError):
        start("history").handler({"action": "forget"}, None)
