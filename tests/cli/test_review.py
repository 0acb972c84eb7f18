"""`pilotfish trades`, `correct`, `asides` and `connections`: what they ask for, what they say."""

import base64
import json
from collections.abc import Callable, Iterator
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
from tests.fakes.samples import PERPETUAL

Run = Callable[..., Result]


@pytest.fixture
def kms() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("kms", region_name="eu-west-1")


@pytest.fixture
def stack(kms: Any, monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    """The stack `prod` on AWS."""
    lambda_ = FakeLambda()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    outputs = {
        "ReviewFunctionName": "review",
        "ConnectionsFunctionName": "connections",
        "SealingKeyArn": key,
    }
    monkeypatch.setattr("tests.cli.test_history.OUTPUTS", outputs)
    clients = {"kms": kms, "lambda": lambda_, "cloudformation": FakeCloudFormation()}
    monkeypatch.setattr(deployed, "_on_aws", clients.__getitem__)
    return lambda_


@pytest.fixture
def run(stack: FakeLambda) -> Run:
    def run(*arguments: str, answer: Any = None, typed: str = "") -> Result:
        stack.pages.append(answer)
        return CliRunner().invoke(app, [*arguments, "--stack", "prod"], input=typed)

    return run


FILL = {
    "traded_ms": EPOCH_MS,
    "symbol": PERPETUAL,
    "trade_id": "1",
    "side": "buy",
    "quantity": "2",
    "price": "100",
}
FILL_ID = f"{EPOCH_MS}-{PERPETUAL}-1"
SAID = {"by": "ann", "note": "the page says so"}
TRADE = {
    "fill": FILL | {"price": "99.5"},
    "told": FILL,
    "excluded": True,
    "corrections": [SAID],
}
ASIDE = {
    "account_id": "ada",
    "aside_id": f"{PERPETUAL}-7",
    "flaw": "no_price",
    "state": "open",
    "seen_ms": EPOCH_MS,
    "raw": '{"L": "0"}',
    "fill": FILL,
}


def test_trades_show_what_was_said_of_them(run: Run, stack: FakeLambda) -> None:
    result = run("trades", "ada", "--limit", "7", answer={"done": [TRADE]})
    assert result.exit_code == 0
    assert stack.functions == ["review"]
    assert stack.events == [{"do": "trades", "account_id": "ada", "since_ms": 0, "limit": 7}]
    for text in ("buy 2 BTC/USDT:USDT @ 99.5", "excluded; price was 100", FILL_ID, "ann: the page"):
        assert text in result.stdout


def test_a_correction_is_said_with_who_and_why(run: Run, stack: FakeLambda) -> None:
    result = run(
        *("correct", "ada", FILL_ID, "override", "--set", "price=99.5", "--by", "ann"),
        *("--why", "the page says so"),
        answer={"done": TRADE},
    )
    assert result.exit_code == 0
    [event] = stack.events
    assert event == {
        "do": "correct",
        "account_id": "ada",
        "fill_id": FILL_ID,
        "verb": "override",
        "changes": {"price": "99.5"},
        "note": "the page says so",
        "by": "ann",
    }


def test_a_change_has_a_name_and_a_value(run: Run, stack: FakeLambda) -> None:
    result = run("correct", "ada", FILL_ID, "override", "--set", "price")
    assert result.exit_code == 64
    assert stack.events == []


def test_what_is_refused_ends_with_its_reason(run: Run) -> None:
    result = run("correct", "ada", FILL_ID, "exclude", answer={"why": "say why"})
    assert (result.exit_code, result.stdout) == (1, "")


def test_asides_are_listed_released_and_dropped(run: Run, stack: FakeLambda) -> None:
    listed = run("asides", "list", answer={"done": [ASIDE]})
    for text in ("ada", "no_price", f"{PERPETUAL}-7", '{"L": "0"}'):
        assert text in listed.stdout
    aside = ASIDE["aside_id"]
    released = run(
        *("asides", "release", "ada", str(aside), "--set", "price=100", "--by", "ann"),
        answer={"done": {"state": "released"}},
    )
    assert released.stdout.startswith("released")
    dropped = run("asides", "drop", "ada", str(aside), answer={"done": {"state": "dropped"}})
    assert dropped.stdout.startswith("dropped")
    assert [event["do"] for event in stack.events] == ["asides", "release", "drop"]
    assert stack.events[1]["changes"] == {"price": "100"}


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
    "leads": True,
    "enabled": True,
    "paused": True,
    "health": HEALTH,
}


def test_how_connections_are(run: Run, stack: FakeLambda) -> None:
    result = run("connections", "list", "--account", "ben", answer={"done": [CONNECTION]})
    assert stack.events == [{"do": "list", "shard": "0", "account_ids": ["ben"]}]
    for text in (
        "ada  okx  leader  paused",
        "last fill none",
        "clock -12 ms",
        "0.93",
        "NOW",
        "503",
    ):
        assert text in result.stdout


@pytest.mark.parametrize("what", ["pause", "resume"])
def test_pause_and_resume(run: Run, stack: FakeLambda, what: str) -> None:
    result = run("connections", what, "ada", answer={"done": f"{what}d"})
    assert result.stdout == f"{what}d  ada\n"
    assert stack.events == [{"do": what, "account_id": "ada"}]


VERDICT = {
    "accepted": True,
    "problems": [],
    "warnings": ["restrict it"],
    "report": {
        "balances": {"USDT": "5"},
        "permissions": {"read": True, "trade": True, "withdraw": None, "ip_restricted": False},
    },
}


async def test_a_key_leaves_this_machine_sealed(run: Run, stack: FakeLambda, kms: Any) -> None:
    result = run(
        *("connections", "connect", "eve", "--venue", "Binance USDM", "--owner", "eve", "--leads"),
        answer={"done": VERDICT},
        typed="my-key\nmy-secret\n\n",
    )
    assert result.exit_code == 0, result.output
    for text in ("USDT 5", "withdraw: not told", "note: restrict it"):
        assert text in result.stdout
    [event] = stack.events
    told = {"account_id": "eve", "owner": "eve", "venue": "binanceusdm", "listen_shard": "0"}
    assert event["account"] == told
    assert "my-" not in json.dumps(event)
    assert "my-secret" not in result.output
    key = kms.list_keys()["Keys"][0]["KeyArn"]
    opened = await KeyOpener(kms, key)(
        Account("eve", "eve", "binanceusdm", base64.b64decode(event["sealed"]))
    )
    assert (opened.api_key, opened.secret, opened.password) == ("my-key", "my-secret", "")


def test_a_key_that_is_refused_ends_the_command(run: Run) -> None:
    refused = VERDICT | {"accepted": False, "problems": ["the key may withdraw"]}
    result = run("connections", "try", "ada", answer={"done": refused})
    assert result.exit_code == 1


def test_a_venue_has_to_be_known(run: Run, stack: FakeLambda) -> None:
    result = run("connections", "connect", "eve", "--venue", "mtgox", "--owner", "eve")
    assert result.exit_code == 64
    assert stack.events == []
