"""`pilotfish halts` against a stack on AWS (moto)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from click.testing import Result
from moto import mock_aws
from typer.testing import CliRunner

from pilotfish_local.cli import app
from pilotfish_local.cli.deployed import Deployed
from pilotfish_local.paths import TEMPLATE
from tests.fakes.dynamo import create_tables


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        create_tables(boto3.client("dynamodb"), TEMPLATE, "t-")
        outputs = {"HaltsTableName": "t-HaltsTable", "TrailTableName": "t-TrailTable"}
        monkeypatch.setattr(Deployed, "find", lambda stack: Deployed(outputs, boto3.client))
        yield


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["halts", *words])


def test_a_halt_and_its_end() -> None:
    assert "nothing is halted" in run("list").output
    done = run("set", "venue:okx", "--why", "odd prices", "--by", "olga")
    assert (done.exit_code, done.output) == (0, "halted  venue:okx\n")
    assert "venue:okx  since " in run("list").output
    [halt] = json.loads(run("list", "--json").output)
    assert (halt["scope"], halt["by"], halt["why"]) == ("venue:okx", "olga", "odd prices")
    assert run("lift", "venue:okx", "--why", "calm", "--by", "otto").exit_code == 0
    assert run("lift", "venue:okx", "--why", "calm").exit_code == 1
    told = json.loads(run("trail", "--json").output)
    assert [(line["verb"], line["by"]) for line in told] == [("lift", "otto"), ("halt", "olga")]
    assert "otto  lift venue:okx venue:okx: calm" in run("trail", "--subject", "venue:okx").output
    assert run("trail", "--subject", "all").output == ""


@pytest.mark.parametrize(
    "words", [("set", "everything", "--why", "x"), ("set", "all", "--why", " "), ("set", "all")]
)
def test_mistakes(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code in (2, 64)
    assert "nothing is halted" in run("list").output
