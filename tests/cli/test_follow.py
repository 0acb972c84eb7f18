"""`pilotfish follow` and `unfollow`: what the function is asked, and what a person reads."""

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pilotfish.domain.consents import RISKS
from pilotfish_local.cli import app, follow
from pilotfish_local.cli.deployed import Deployed

WHO = {"follow_id": "ben~ada", "leader_id": "ada", "account_id": "ben", "multiplier": "1"}
AGREED = {"consent": RISKS.version}


class FakeDeployed:
    """A stack whose function answers as a test wants it."""

    def __init__(self) -> None:
        self.answer: Any = {"state": "started", "follow_id": "ben~ada", "positions": [], "left": []}
        self.events: list[Any] = []

    def call(self, function: str, event: Any) -> Any:
        assert function == follow.FUNCTION
        self.events.append(event)
        return self.answer


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> FakeDeployed:
    stack = FakeDeployed()
    monkeypatch.setattr(Deployed, "find", lambda name: stack)
    return stack


def run(*arguments: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=said)


def test_a_follow_that_joins(deployed: FakeDeployed) -> None:
    order = {"symbol": "BTC/USDT", "side": "buy", "quantity": "2", "limit_price": "101"}
    skip = order | {"quantity": "0", "limit_price": None, "state": "SKIPPED", "reason": "below_lot"}
    deployed.answer["positions"] = [order | {"state": "PLANNED", "reason": ""}, skip]
    result = run("follow", "ada", "ben", "--join", "0.01", "--accept-risks")
    assert result.stdout.splitlines() == [
        "started  ben~ada",
        "    buy 2 BTC/USDT at 101  PLANNED",
        "    buy BTC/USDT  SKIPPED (below_lot)",
    ]
    join = {"existing": "join", "join_tolerance": "0.01"}
    assert deployed.events == [WHO | AGREED | join]


def test_a_follow_that_is_refused(deployed: FakeDeployed) -> None:
    deployed.answer = {"state": "refused", "why": "an account cannot follow itself"}
    result = run("follow", "ada", "ada", "--accept-risks")
    assert (result.exit_code, result.stderr) == (1, "an account cannot follow itself\n")


def test_a_leader_who_is_not_listened_to_yet_is_waited_for(
    deployed: FakeDeployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, slept = deployed.answer, list[float]()
    deployed.answer = {"state": "not_ready", "code": "not_ready", "why": "nobody listens yet"}

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            deployed.answer = began

    monkeypatch.setattr("time.sleep", sleep)
    result = run("follow", "ada", "ben", "--accept-risks")
    assert (result.stdout, result.stderr) == ("started  ben~ada\n", "waiting: nobody listens yet\n")
    assert deployed.events == [WHO | AGREED] * 3


def test_nobody_is_waited_for_for_ever(
    deployed: FakeDeployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    deployed.answer = {"state": "not_ready", "code": "not_ready", "why": "nobody listens yet"}
    result = run("follow", "ada", "ben", "--accept-risks")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "nobody listens yet")


def test_nobody_follows_without_having_agreed(deployed: FakeDeployed) -> None:
    refused = run("follow", "ada", "ben", said="n\n")
    assert refused.exit_code == 1
    assert RISKS.text in refused.stderr
    assert deployed.events == []
    assert run("follow", "ada", "ben", said="y\n").exit_code == 0
    assert deployed.events == [WHO | AGREED]


def test_a_follow_that_looks_further(deployed: FakeDeployed) -> None:
    result = run(
        *("follow", "ada", "ben", "--quotes", "USDT, USD", "--multiples", "--accept-risks"),
        *("--symbol", "BTC/USDT=BTC/EUR", "--only", "BTC,PEPE", "--never", "DOGE"),
        *("--perpetual-for-spot", "--spot-for-perpetual"),
    )
    assert result.exit_code == 0
    assert deployed.events == [
        WHO
        | AGREED
        | {
            "symbols": {"BTC/USDT": "BTC/EUR"},
            "quotes": ["USDT", "USD"],
            "multiples": True,
            "perpetual_for_spot": True,
            "spot_for_perpetual": True,
            "only": ["BTC", "PEPE"],
            "never": ["DOGE"],
        }
    ]
    assert run("follow", "ada", "ben", "--symbol", "BTC", "--accept-risks").exit_code == 64


def test_any_rule_by_its_name(deployed: FakeDeployed) -> None:
    rules = ("--rule", 'sides=["buy"]', "--rule", "max_leverage=2.50", "--rule", "size=exact")
    assert run("follow", "ada", "ben", "--accept-risks", *rules).exit_code == 0
    asked = {"sides": ["buy"], "max_leverage": "2.50", "size": "exact"}
    assert deployed.events == [WHO | AGREED | asked]
    assert run("follow", "ada", "ben", "--accept-risks", "--rule", "much").exit_code == 64


@pytest.mark.parametrize(
    ("options", "how", "positions"),
    [
        ([], "keep", []),
        (["--close"], "close", []),
        (["--close-only"], "close_only", []),
        (["--position", "BTC/USDT", "--position", "E/U"], "close_some", ["BTC/USDT", "E/U"]),
    ],
)
def test_a_follow_ends_as_its_owner_wants(
    deployed: FakeDeployed, options: list[str], how: str, positions: list[str]
) -> None:
    deployed.answer |= {"state": "stopped"}
    deployed.answer["left"] = [{"symbol": "BTC/USDT", "quantity": "2", "why": "it is being closed"}]
    result = run("unfollow", "ada", "ben", *options)
    assert result.stdout == "stopped  ben~ada\n    2 BTC/USDT: it is being closed\n"
    named = {"do": "stop", "follow_id": "ben~ada", "leader_id": "ada"}
    assert deployed.events == [named | {"how": how, "positions": positions}]


def test_one_way_to_end(deployed: FakeDeployed) -> None:
    assert run("unfollow", "ada", "ben", "--close", "--close-only").exit_code == 64
    deployed.answer = {"state": "refused", "code": "no_such_follow", "why": "there is no follow x"}
    assert run("unfollow", "ada", "ben").stderr == "there is no follow x\n"
    assert len(deployed.events) == 1
