"""Runs of the poller: a leader's fills are written down once, whoever else is in trouble."""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import Rejected
from pilotfish.usecases import listen, poll
from tests.fakes import ModelVenue
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
RUNS = 40

Run = Callable[[ModuleType], Any]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of 0.3 s turns as often as one of a minute."""
    monkeypatch.setattr(poll, "RENEW_S", 0.05)
    monkeypatch.setattr(listen, "POLL_S", 0.05)


@pytest.fixture
def leader(stack: Stack) -> ModelVenue:
    return listened_to(stack, "ada-usdm")


def listened_to(stack: Stack, account_id: str) -> ModelVenue:
    stack.accounts.save(Account(account_id, "ada", "binanceusdm", b"sealed", listen_shard="0"))
    stack.accounts._kept.clear()
    venue = ModelVenue(utc_ms, account_id)  # type: ignore[arg-type]
    stack.venues.of[account_id] = venue
    return venue


def run(app: ModuleType, path: str = "poller/shard_0.json", left_ms: int = 300) -> Any:
    """One invocation whose time is up in `left_ms` plus the poller's margin."""
    context = SimpleNamespace(
        get_remaining_time_in_millis=lambda: app.MARGIN_MS + left_ms, aws_request_id="run"
    )
    return app.handler(sample(path), context)


def run_until(app: ModuleType, done: Callable[[], bool]) -> None:
    for _ in range(RUNS):
        if done():
            return
        run(app)
    raise AssertionError("it did not happen")


def fills(stack: Stack) -> list[tuple[str, str, str]]:
    """What was written: symbol, signed quantity, and the position before it."""
    return [
        (
            item["symbol"]["S"],
            item["side"]["S"] + item["quantity"]["S"],
            item["position_before"]["S"],
        )
        for item in stack.items("FillsTable")
    ]


@pytest.mark.parametrize("path", samples("poller"))
def test_every_sample_twice(stack: Stack, start: Start, leader: ModelVenue, path: str) -> None:
    poller = start("poller", real_time=True)
    leader.trade(BTC, "5")
    run_until(poller, lambda: bool(stack.items("CursorsTable")))
    assert fills(stack) == []  # What it held before is no news.
    leader.trade(BTC, "2")
    leader.trade(ETH, "-1")
    run_until(poller, lambda: len(fills(stack)) == 2)
    assert sorted(fills(stack)) == [(BTC, "buy2", "5"), (ETH, "sell1", "0")]
    before = {table: stack.items(table) for table in ("FillsTable", "PositionsTable")}
    for app in (poller, start("poller", real_time=True)):
        answer = run(app, path)
        assert answer["shard"] == "0"
        assert answer["until_ms"] <= utc_ms() + 300
    assert {table: stack.items(table) for table in before} == before


def test_who_does_not_hold_the_lease_writes_nothing(
    stack: Stack, start: Start, leader: ModelVenue
) -> None:
    poller = start("poller", real_time=True)
    run_until(poller, lambda: bool(stack.items("CursorsTable")))
    leader.trade(BTC, "2")
    assert stack.leases.acquire("0", "another run", utc_ms(), 60_000) is not None
    before = stack.contents()
    run(poller)
    assert stack.contents() == before


def test_the_lease_is_free_for_the_next_run(stack: Stack, start: Start, leader: ModelVenue) -> None:
    run(start("poller", real_time=True))
    [lease] = stack.items("LeasesTable")
    assert lease["expires_ms"] == {"N": "0"}


def test_a_leader_in_trouble_holds_up_nobody(
    stack: Stack, start: Start, leader: ModelVenue, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused key, a crash of our own, and an account that nobody can read."""
    listened_to(stack, "bob-usdm")
    stack.venues.of["bob-usdm"] = Rejected("Invalid API-key, IP, or permissions for action.")
    listened_to(stack, "cat-usdm")
    stack.venues.of["cat-usdm"] = ZeroDivisionError("ours")
    broken = {"pk": {"S": "eve-usdm"}, "listen_shard": {"S": "0"}, "sealed_key": {"B": b""}}
    stack.put("AccountsTable", broken)
    poller = start("poller", real_time=True)
    run_until(poller, lambda: bool(stack.items("CursorsTable")))
    leader.trade(BTC, "2")
    run_until(poller, lambda: len(fills(stack)) == 1)
    assert "Invalid API-key" in caplog.text
    assert "eve-usdm" in caplog.text
