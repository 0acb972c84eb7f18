"""Runs of the poller: a leader's fills are written down once, whoever else is in trouble."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, Flaw, Report
from pilotfish.domain.errors import Rejected
from pilotfish.domain.fills import Fill
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


class Garbling(ModelVenue):
    """Tells of its first trade a price of 0, and nothing that can be read of its second."""

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Report]:
        found: list[Report] = list(await super().fills_since(since_ms, symbols))
        unread = Aside(self.account_id, self.name, Flaw.UNREADABLE, self.clock(), "not JSON")
        broken = [replace(fill, price=Decimal(0)) for fill in found[:1] if isinstance(fill, Fill)]
        return [*broken, *([unread] if found[1:2] else []), *found[2:]]


def test_what_cannot_be_a_trade_is_counted_once_and_its_neighbours_are_written(
    stack: Stack, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    listened_to(stack, "ada-usdm")
    venue = stack.venues.of["ada-usdm"] = Garbling(utc_ms, "ada-usdm")  # type: ignore[arg-type]
    app = start("poller", real_time=True)
    run_until(app, lambda: len(stack.items("CursorsTable")) == 1)
    for quantity in ("1", "2", "4"):
        venue.trade(BTC, quantity)
    run_until(app, lambda: len(stack.items("AsidesTable")) == 2)
    run_until(app, lambda: len(fills(stack)) == 1)
    for _ in range(2):
        run(app)
    assert {item["flaw"]["S"] for item in stack.items("AsidesTable")} == {"no_price", "unreadable"}
    said = capsys.readouterr().out
    counted = [json.loads(line)["AsideReports"] for line in said.splitlines() if "_aws" in line]
    assert sum(sum(values) for values in counted) == 2
    [health] = stack.items("HealthTable")
    assert health["pk"] == {"S": "ada-usdm"}
