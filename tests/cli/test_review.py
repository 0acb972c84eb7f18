"""`pilotfish trades`, `correct` and `asides`: what they ask for, what they say."""

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pilotfish_local.cli import app, deployed
from tests.cli.test_history import FakeCloudFormation, FakeLambda
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL

Run = Callable[..., Result]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    """The stack `prod` on AWS."""
    lambda_ = FakeLambda()
    outputs = {"ReviewFunctionName": "review"}
    monkeypatch.setattr("tests.cli.test_history.OUTPUTS", outputs)
    clients = {"lambda": lambda_, "cloudformation": FakeCloudFormation()}
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
