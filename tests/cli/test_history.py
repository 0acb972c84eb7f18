"""`pilotfish history` and `replay` against a stack on AWS (moto), and their mistakes."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner, Result

from pilotfish.adapters.dynamo.order_items import order_to_item, planned_item
from pilotfish.domain.orders import CopyOrder, Event, State
from pilotfish_local.cli import app, deployed, running_stack
from pilotfish_local.paths import TEMPLATE
from tests.fakes import EPOCH_MS
from tests.fakes.dynamo import create_tables
from tests.fakes.samples import an_order

OUTPUTS = {
    "CopyOrdersTableName": "t-CopyOrdersTable",
    "ReplayFunctionName": "replay",
}

Run = Callable[..., Result]


class FakeLambda:
    """Answers with one page after another."""

    def __init__(self) -> None:
        self.functions: list[str] = []
        self.events: list[Any] = []
        self.pages: list[Any] = []

    def invoke(self, **request: Any) -> Any:
        self.functions.append(request["FunctionName"])
        self.events.append(json.loads(request["Payload"]))
        page = self.pages.pop(0)
        answer = {"Payload": io.BytesIO(json.dumps(page).encode())}
        return answer | {"FunctionError": "Unhandled"} if "errorMessage" in page else answer


class FakeCloudFormation:
    """Knows the stack `prod`."""

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        if StackName != "prod":
            error = {"Code": "ValidationError", "Message": f"{StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
        return {"Stacks": [{"Outputs": outputs}]}


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """An order that was skipped and one that was refused."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        create_tables(client, TEMPLATE, "t-")
        for item in (planned_item(skipped()), order_to_item(refused())):
            client.put_item(TableName="t-CopyOrdersTable", Item=item)
        yield client


@pytest.fixture
def stack(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    """The stack `prod` on AWS."""
    lambda_ = FakeLambda()
    clients = {"dynamodb": dynamodb, "lambda": lambda_, "cloudformation": FakeCloudFormation()}
    monkeypatch.setattr(deployed, "_on_aws", clients.__getitem__)
    return lambda_


def skipped() -> CopyOrder:
    return an_order(fill_id="1760000000000-A-1", state=State.SKIPPED, reason="below_lot")


def refused() -> CopyOrder:
    order = an_order("-2", fill_id="1760000060000-A-2", traded_ms=EPOCH_MS + 60_000)
    order = replace(order, seen_ms=EPOCH_MS + 60_040, state=State.REJECTED, reason="-2015 no")
    events = (
        Event(EPOCH_MS + 60_041, State.PLANNED, ""),
        Event(EPOCH_MS + 60_050, State.SENT, ""),
        Event(EPOCH_MS + 60_090, State.REJECTED, "-2015 no"),
    )
    return replace(order, revision=2, history=events)


@pytest.fixture
def run() -> Run:
    def call(*arguments: str) -> Result:
        runner = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"})
        return runner.invoke(app, [*arguments])

    return call


def ids(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [line["order_id"] for line in json.loads(result.stdout)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--leader", "leader"], [skipped(), refused()]),
        (["--leader", "leader", "--state", "SKIPPED"], [skipped()]),
        (["--leader", "leader", "--limit", "1"], [refused()]),
        (["--leader", "leader", "--since", "2025-10-09T08:54"], [refused()]),
        (["--leader", "nobody"], []),
        (["--follow", "follow-1"], [skipped(), refused()]),
        (["--follow", "follow-1", "--leader", "nobody"], []),
        (["--state", "REJECTED"], [refused()]),
        (["--state", "REJECTED", "--since", "1h"], []),
        (["--state", "MANUAL"], []),
        (["--state", "PLANNED"], []),
        (["--order", refused().order_id], [refused()]),
    ],
)
def test_what_is_asked_for(
    stack: FakeLambda, run: Run, asked: list[str], found: list[CopyOrder]
) -> None:
    assert ids(run("history", "--stack", "prod", "--json", *asked)) == [o.order_id for o in found]


def test_a_line_tells_how_long_each_step_took_and_why(stack: FakeLambda, run: Run) -> None:
    result = run("history", "--stack", "prod", "--state", "REJECTED")

    assert result.stdout.splitlines() == [
        "2025-10-09 08:54:20.000  leader → follower-1  entry sell 2 BTC/USDT:USDT  REJECTED  90 ms",
        "    seen +40 ms, PLANNED +1 ms, SENT +9 ms, REJECTED +40 ms (-2015 no)",
        f"    {refused().order_id}",
    ]


def test_a_replay_of_one_order(stack: FakeLambda, run: Run) -> None:
    stack.pages = [page("sent_again"), page("refused", "the follow is stopped")]

    done, not_done = (run("replay", refused().order_id, "--stack", "prod") for _ in range(2))

    assert (done.exit_code, not_done.exit_code) == (0, 1)
    assert done.stdout == f"sent again  {refused().order_id} (was REJECTED)\n"
    assert not_done.stdout.endswith("(was REJECTED): the follow is stopped\n")
    key = {"follow_id": "follow-1", "order_key": refused().order_key}
    assert stack.events == [{"dry_run": False, "orders": [key]}] * 2
    assert stack.functions == ["replay"] * 2


def test_a_replay_of_all_goes_through_every_page(stack: FakeLambda, run: Run) -> None:
    stack.pages = [page("refused", more_since_ms=7), page("sent_again", order_id="b")]

    result = run("replay", "--failed-since", "2025-10-09", "--dry-run", "--stack", "prod")

    assert result.exit_code == 0, result.output
    assert [event["since_ms"] for event in stack.events] == [1_759_968_000_000, 7]
    assert all(event["dry_run"] for event in stack.events)
    assert "would be sent again  b" in result.stdout


def test_a_function_that_fails_is_one_line(stack: FakeLambda, run: Run) -> None:
    stack.pages = [{"errorMessage": "Task timed out after 120.00 seconds"}]

    result = run("replay", "a/b", "--stack", "prod")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "the function failed: Task timed out after 120.00 seconds\n"


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["history"], "--leader, --follow or --order", 64),
        (["history", "--state", "COPIED"], "COPIED", 64),
        (["history", "--order", "a/b", "--stack", "prod"], "no copy order a/b", 66),
        (["history", "--leader", "a", "--stack", "nowhere"], "nowhere", 1),
        (["history", "--leader", "a", "--since", "then"], "then", 2),
        (["history", "--leader", "a"], "`pilotfish up` keeps one", 69),
        (["replay"], "--failed-since", 64),
        (["replay", "a/b", "--failed-since", "1h"], "one order", 64),
        (["replay", "a/b"], "`pilotfish up` keeps one", 69),
    ],
)
def test_a_mistake_is_said(
    stack: FakeLambda,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
    code: int,
) -> None:
    monkeypatch.setattr(running_stack, "UP_FILE", Path("/nowhere"))

    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr


def page(verdict: str, why: str = "", **more: Any) -> dict[str, Any]:
    order_id = more.pop("order_id", refused().order_id)
    one = {"order_id": order_id, "was": "REJECTED", "verdict": verdict, "why": why}
    return {"orders": [one], "more_since_ms": None, "dry_run": False} | more
