"""`pilotfish sync` against a stack on AWS: what it asks the function for, and what it says."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pilotfish.domain.sync_sessions import DAY_MS, SyncSession, SyncStatus, shown
from pilotfish_local.cli import app, deployed
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_session

SESSION = a_session(trades_synced=12_345, trades_known=7, pages=13, cursor="next")

Run = Callable[..., Result]


class FakeAws:
    """A stack with one function, which answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answer: Any = {"sessions": [shown(SESSION)]}
        self.error: dict[str, str] = {}

    def __call__(self, _service: str) -> Any:
        return self

    def describe_stacks(self, **_stack: Any) -> Any:
        output = {"OutputKey": "HistoryFunctionName", "OutputValue": "the-history-function"}
        return {"Stacks": [{"Outputs": [output]}]}

    def invoke(self, **request: Any) -> Any:
        assert request["FunctionName"] == "the-history-function"
        self.asked.append(json.loads(request["Payload"]))
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())} | self.error


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    fake = FakeAws()
    monkeypatch.setattr(deployed, "_on_aws", fake)
    return fake


@pytest.fixture
def run(aws: FakeAws) -> Run:
    def sync(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["sync", *arguments, "--stack", "prod"])

    return sync


def test_a_session_begins_30_days_ago(aws: FakeAws, run: Run) -> None:
    assert run("start", "leader").exit_code == 0
    [asked] = aws.asked
    since_ms = asked.pop("since_ms")
    assert asked == {"action": "start", "account_id": "leader", "until_ms": None, "symbols": []}
    assert abs(time.time() * 1000 - 30 * DAY_MS - since_ms) < 60_000


def test_a_period_and_symbols_can_be_named(aws: FakeAws, run: Run) -> None:
    period = ("--since", "2025-10-01T00:00", "--until", "2025-10-09T08:53:20")
    run("start", "leader", *period, "--symbol", PERPETUAL, "--symbol", "BTC/USDT")
    [asked] = aws.asked
    assert (asked["since_ms"], asked["until_ms"]) == (1_759_276_800_000, EPOCH_MS)
    assert asked["symbols"] == [PERPETUAL, "BTC/USDT"]


@pytest.mark.parametrize("action", ["stop", "retry", "show"])
def test_a_session_is_named_by_its_account_and_perhaps_its_id(
    aws: FakeAws, run: Run, action: str
) -> None:
    run(action, "leader")
    run(action, "leader", SESSION.session_id)
    assert aws.asked == [
        {"action": action, "account_id": "leader", "session_id": ""},
        {"action": action, "account_id": "leader", "session_id": SESSION.session_id},
    ]


def test_sessions_are_listed_as_they_are_asked_for(aws: FakeAws, run: Run) -> None:
    run("list")
    run("list", "--account", "leader", "--status", "FAILED", "--limit", "3")
    assert aws.asked == [
        {"action": "list", "account_id": "", "status": None, "limit": 50},
        {"action": "list", "account_id": "leader", "status": "FAILED", "limit": 3},
    ]


def test_a_session_says_how_far_it_is_and_what_is_wrong(aws: FakeAws, run: Run) -> None:
    failed: SyncSession = replace(
        SESSION, status=SyncStatus.FAILED, error="502", completed_ms=EPOCH_MS + 61_500
    )
    aws.answer = {"sessions": [shown(failed)]}
    said = run("show", "leader").stdout
    for each in ("leader  FAILED", "12,345 synced, 7 known  13 pages", "pages in 61.5 s"):
        assert each in said
    assert SESSION.session_id in said
    assert said.rstrip().endswith("502")


def test_a_program_gets_the_fields(aws: FakeAws, run: Run) -> None:
    [told] = json.loads(run("list", "--json").stdout)
    assert told["trades_synced"] == 12_345
    assert told["duration_ms"] == 0


def test_a_refusal_is_said_in_a_line(aws: FakeAws, run: Run) -> None:
    aws.answer = {"refused": "session 7 of leader runs: stop it first"}
    result = run("start", "leader")
    assert result.exit_code == 1
    assert result.stderr == "session 7 of leader runs: stop it first\n"


def test_a_function_that_fails_is_said_too(aws: FakeAws, run: Run) -> None:
    aws.answer, aws.error = {"errorMessage": "oops"}, {"FunctionError": "Unhandled"}
    result = run("list")
    assert result.exit_code == 1
    assert "oops" in result.stderr
