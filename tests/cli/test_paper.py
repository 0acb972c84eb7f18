"""`pilotfish paper`: accounts with play money, opened, shown and reset from the command line."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.adapters.dynamo.register import DynamoRegister
from pilotfish.domain.managing import Connection
from pilotfish_local.cli import app, deployed
from pilotfish_local.cli.console import USAGE
from tests.cli.test_history import FakeCloudFormation
from tests.fakes import EPOCH_MS
from tests.fakes.dynamo import create_tables

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

Run = Callable[..., Result]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The tables of the stack `prod` on AWS."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        create_tables(client, TEMPLATE, "t-")
        outputs = {"AccountsTableName": "t-AccountsTable", "PaperTableName": "t-PaperTable"}
        monkeypatch.setattr("tests.cli.test_history.OUTPUTS", outputs)
        clients = {"dynamodb": client, "cloudformation": FakeCloudFormation()}
        monkeypatch.setattr(deployed, "_on_aws", clients.__getitem__)
        yield client


@pytest.fixture
def run(dynamodb: Any) -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["paper", *arguments, "--stack", "prod"])

    return run


def test_one_is_opened_shown_and_reset(run: Run, dynamodb: Any) -> None:
    opened = run("open", "--venue", "Huobi", "--owner", "ben", "--label", "try", "--balance", "500")
    account_id = opened.stdout.strip()
    assert account_id.startswith("acc_"), opened.output
    connection = DynamoRegister(dynamodb, "t-AccountsTable").get(account_id)
    assert connection is not None
    assert (connection.owner, connection.venue, connection.label) == ("ben", "paper:htx", "try")
    shown = run("show", account_id).stdout
    assert "PAPER" in shown
    assert "equity 500.00 of 500 USDT  0 trades" in shown
    document = json.loads(run("show", account_id, "--json").stdout)
    assert (document["paper"], document["equity"]) == (True, "500")
    reset = run("reset", account_id, "--balance", "900")
    assert "equity 900.00 of 900 USDT" in reset.stdout
    wallet = DynamoPaperBooks(dynamodb, "t-PaperTable").load(account_id)
    assert wallet is not None
    assert wallet.cash == {"USDT": Decimal(900)}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--venue", "nowhere"], USAGE, "nowhere"),
        (["--venue", "kana"], USAGE, "venue is one of"),
        (["--venue", "okx", "--balance", "-5"], USAGE, "balance is more than 0"),
        (["--venue", "okx", "--balance", "much"], 2, "much is no number"),
        (["--venue", "okx", "--leverage", "1000"], USAGE, "leverage is from 1 to 125"),
    ],
)
def test_a_mistake_is_named(run: Run, arguments: list[str], code: int, words: str) -> None:
    result = run("open", "--owner", "ben", *arguments)
    assert result.exit_code == code
    assert words in " ".join(result.output.split())


def test_a_real_account_has_no_play_money(run: Run, dynamodb: Any) -> None:
    register = DynamoRegister(dynamodb, "t-AccountsTable")
    register.open(Connection("rae", "ben", "okx", connected_ms=EPOCH_MS))
    for account_id, words in (("rae", "no paper account"), ("nobody", "no account nobody")):
        for what in ("show", "reset"):
            result = run(what, account_id)
            assert result.exit_code == 1
            assert words in result.output
