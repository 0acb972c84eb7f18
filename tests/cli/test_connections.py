"""`pilotfish connections`: keys leave this machine sealed, and what is said of connections."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from pilotfish.adapters.keys import KeyOpener
from pilotfish.domain.accounts import Account
from pilotfish_local.cli import app, deployed
from tests.cli.test_history import FakeCloudFormation, FakeLambda
from tests.fakes import EPOCH_MS
from tests.fakes.dynamo import create_tables

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
TYPED = "my-key\nmy-secret\n\n"

Run = Callable[..., Result]


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None) -> Any:
    client = boto3.client("dynamodb", region_name="eu-west-1")
    create_tables(client, TEMPLATE, "t-")
    return client


@pytest.fixture
def kms(aws: None) -> Any:
    return boto3.client("kms", region_name="eu-west-1")


@pytest.fixture
def stack(kms: Any, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    """The stack `prod` on AWS."""
    lambda_ = FakeLambda()
    outputs = {
        "ConnectionsFunctionName": "connections",
        "SealingKeyArn": kms.create_key()["KeyMetadata"]["Arn"],
        "AccountsTableName": "t-AccountsTable",
        "KeysTableName": "t-KeysTable",
    }
    monkeypatch.setattr("tests.cli.test_history.OUTPUTS", outputs)
    clients = {"kms": kms, "lambda": lambda_, "dynamodb": dynamodb}
    clients["cloudformation"] = FakeCloudFormation()
    monkeypatch.setattr(deployed, "_on_aws", clients.__getitem__)
    return lambda_


@pytest.fixture
def run(stack: FakeLambda) -> Run:
    def run(*arguments: str, answer: Any = None, typed: str = "") -> Result:
        stack.pages.append(answer)
        return CliRunner().invoke(app, ["connections", *arguments, "--stack", "prod"], input=typed)

    return run


HEALTH = {
    "at_ms": EPOCH_MS,
    "heard_ms": EPOCH_MS,
    "fill_ms": 0,
    "streams": True,
    "error": "503",
    "error_ms": EPOCH_MS + 5,
    "vitals": {"clock_offset_ms": -12, "headroom": "0.93"},
}
CONNECTION = {
    "account_id": "ada",
    "venue": "okx",
    "label": "my main one",
    "listen_shard": "0",
    "enabled": True,
    "paused": True,
    "problem": "the key may withdraw",
}


def test_how_connections_are(run: Run, stack: FakeLambda) -> None:
    answer = {"done": [{"connection": CONNECTION, "health": HEALTH}]}
    result = run("list", "--account", "ben", answer=answer)
    assert stack.events == [{"do": "list", "shard": "0", "account_ids": ["ben"]}]
    for text in (
        "ada  okx  leader  paused  my main one",
        "its key is not fit: the key may withdraw",
        "last fill none",
        "clock -12 ms",
        "0.93",
        "NOW",
        "503",
    ):
        assert text in result.stdout


@pytest.mark.parametrize("what", ["pause", "resume"])
def test_pause_and_resume(run: Run, stack: FakeLambda, what: str) -> None:
    result = run(what, "ada", answer={"done": CONNECTION})
    assert result.stdout == f"{what}d  ada\n"
    assert stack.events == [{"do": what, "account_id": "ada"}]


def test_delete_says_whether_follows_are_to_stop(run: Run, stack: FakeLambda) -> None:
    result = run("delete", "ada", "--stop-follows", answer={"done": "deleted"})
    assert result.stdout == "deleted  ada\n"
    assert stack.events == [{"do": "delete", "account_id": "ada", "stop_follows": True}]


def test_what_cannot_be_done_ends_the_command(run: Run) -> None:
    result = run("resume", "ada", answer={"why": "the key may withdraw"})
    assert result.exit_code == 1
    assert "the key may withdraw" in result.output


VERDICT = {
    "accepted": True,
    "problems": [],
    "warnings": ["restrict it"],
    "report": {
        "balances": {"USDT": "5"},
        "permissions": {"read": True, "trade": True, "withdraw": None, "ip_restricted": False},
        "untold": "",
    },
}


async def test_a_key_leaves_this_machine_sealed(
    run: Run, stack: FakeLambda, kms: Any, dynamodb: Any
) -> None:
    result = run(
        *("connect", "--venue", "Binance USDM", "--owner", "eve", "--leads", "--label", "mine"),
        answer={"done": VERDICT},
        typed=TYPED,
    )
    assert result.exit_code == 0, result.output
    for text in ("USDT 5", "withdraw: not told", "note: restrict it", "acc_"):
        assert text in result.stdout
    assert "my-secret" not in result.output
    [event] = stack.events
    [kept] = dynamodb.scan(TableName="t-KeysTable")["Items"]
    assert event == {"do": "take", "candidate_id": kept["pk"]["S"].removeprefix("candidate#")}
    assert "my-" not in str(kept)
    told = {"owner": "eve", "venue": "binanceusdm", "listen_shard": "0", "label": "mine"}
    assert {name: kept[name]["S"] for name in told} == told
    key = kms.list_keys()["Keys"][0]["KeyArn"]
    account_id = kept["account_id"]["S"]
    assert account_id in result.stdout
    sealed = Account(account_id, "eve", "binanceusdm", bytes(kept["sealed_key"]["B"]))
    opened = await KeyOpener(kms, key, lambda *_: b"")(sealed)
    assert (opened.api_key, opened.secret, opened.password) == ("my-key", "my-secret", "")


def test_a_key_that_is_refused_ends_the_command(run: Run) -> None:
    refused = VERDICT | {"accepted": False, "problems": ["the key may withdraw"]}
    assert run("try", "ada", answer={"done": refused}).exit_code == 1
    wanted = ("connect", "--venue", "okx", "--owner", "eve")
    result = run(*wanted, answer={"done": refused}, typed=TYPED)
    assert result.exit_code == 1
    assert "acc_" not in result.output


def test_another_key_is_for_an_account_that_is_there(run: Run, stack: FakeLambda) -> None:
    result = run("rotate", "acc_0", typed=TYPED)
    assert result.exit_code == 1
    assert "no account acc_0" in result.output
    assert stack.events == []


def test_a_venue_has_to_be_known(run: Run, stack: FakeLambda) -> None:
    result = run("connect", "--venue", "mtgox", "--owner", "eve")
    assert result.exit_code == 64
    assert stack.events == []


def test_an_event_of_the_command_line_is_json(run: Run, stack: FakeLambda) -> None:
    result = run("list", "--json", answer={"done": [{"connection": CONNECTION, "health": HEALTH}]})
    assert json.loads(result.stdout)[0]["connection"] == CONNECTION | {"paper": False}


def test_play_money_is_marked_in_the_list(run: Run, stack: FakeLambda) -> None:
    paper = CONNECTION | {"venue": "paper:okx", "listen_shard": "", "problem": ""}
    answer = {"done": [{"connection": paper, "health": HEALTH}]}
    assert "ada  PAPER  paper:okx  follower" in run("list", answer=answer).stdout
    told = json.loads(run("list", "--json", answer=answer).stdout)
    assert told[0]["connection"]["paper"] is True
