"""Runs of the reconciliation: what it names, what it leaves in the books, and what it counts."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotSent
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.orders import State
from pilotfish.domain.rules import OnDrift, Rules
from pilotfish.ports import LedgerKey
from tests.fakes.samples import PERPETUAL, an_instrument, an_order
from tests.fakes.venue import EVIDENCE
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER, FOLLOWER = "ada-usdm", "ben-usdm"
FOLLOW = f"{LEADER}.{FOLLOWER}"
LEDGER = LedgerKey(LEADER, PERPETUAL, PositionSide.NET, 0)
NET = f"{PERPETUAL}#net"

Lines = Callable[[], list[Any]]


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The venue's lag passes at once."""
    lags: list[float] = []

    async def at_once(seconds: float) -> None:
        lags.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return lags


@pytest.fixture
def drifted(stack: Stack) -> Stack:
    """Two were copied, and the account holds a half."""
    stack.pair(LEADER, FOLLOWER, "binanceusdm")
    stack.instruments.publish("binanceusdm", [an_instrument()], 0)
    stack.ledgers.commit(LEDGER, Ledger({FOLLOW: Line(Decimal(2), Decimal(2))}, 1), [])
    hold(stack, "2")
    stack.at_venue(FOLLOWER).held[NET] = Decimal("0.5")
    return stack


def hold(stack: Stack, copied: str) -> None:
    key = {"pk": {"S": FOLLOW}, "sk": {"S": NET}}
    stack.put("PositionsTable", key | {"copied": {"N": copied}, "closable": {"N": copied}})


def follow(stack: Stack, on_drift: OnDrift) -> None:
    rules = Rules(on_drift=on_drift, max_slippage=Decimal("0.01"))
    stack.pair(LEADER, FOLLOWER, "binanceusdm", rules=rules)


DRIFT = {
    "account_id": FOLLOWER,
    "holding": NET,
    "copied": "2",
    "held": "0.5",
    "missing": "1.5",
    "follows": [FOLLOW],
    "accepted": False,
    "why": "report",
    "paper": False,
}


@pytest.mark.parametrize("path", samples("reconcile"))
def test_every_sample_twice_names_the_drift_and_moves_nothing(
    drifted: Stack, start: Start, lines: Lines, slept: list[float], path: str
) -> None:
    before = drifted.contents()
    reconcile = start("reconcile")
    told = {"accounts": 1, "drifts": [DRIFT], "left": [], "failed": []}
    for _ in range(2):
        assert reconcile.handler(sample(path), None) == told
    assert slept.count(EVIDENCE.visibility_lag_s) == 2
    said = lines()
    assert sum('"DriftedPositions":[1.0]' in line for line in said) == 2
    assert sum('"message":"drift"' in line and FOLLOW in line for line in said) == 2
    (alert,) = drifted.items("AlertsTable")
    assert (alert["kind"], alert["account_id"]) == ({"S": "drift"}, {"S": FOLLOWER})
    assert drifted.contents() == before | {"AlertsTable": [alert]}
    assert drifted.book() == {}


@pytest.mark.parametrize("path", samples("reconcile"))
def test_every_sample_twice_takes_out_of_the_books_what_is_accepted(
    drifted: Stack, start: Start, lines: Lines, path: str
) -> None:
    follow(drifted, OnDrift.ACCEPT)
    reconcile = start("reconcile")
    [drift] = reconcile.handler(sample(path), None)["drifts"]
    assert drift == DRIFT | {"accepted": True, "why": "accept"}
    [position] = drifted.items("PositionsTable")
    half = Decimal("0.5")
    assert Decimal(position["copied"]["N"]) == half
    ledger = drifted.ledgers.load(LEDGER, fresh=True)
    assert ledger == Ledger({FOLLOW: Line(half, half)}, 2)
    [record] = drifted.copy_orders()
    assert (record.state, record.reason) == (State.SKIPPED, "closed_elsewhere")
    assert '"DriftedPositions":[0.0]' in "".join(lines())
    before = drifted.contents()
    nothing = {"accounts": 1, "drifts": [], "left": [], "failed": []}
    assert start("reconcile").handler(sample(path), None) == nothing
    assert drifted.contents() == before


@pytest.mark.parametrize("path", samples("reconcile"))
def test_every_sample_twice_has_bought_back_once_what_is_gone(
    drifted: Stack, start: Start, path: str
) -> None:
    follow(drifted, OnDrift.RESTORE)
    hundred = {"S": "100"}
    row = {"pk": {"S": LEADER}, "sk": {"S": NET}, "quantity": {"S": "2"}, "last_price": hundred}
    for each in (row, {"pk": {"S": LEADER}, "sk": {"S": "#baseline"}, "quantity": {"S": "0"}}):
        drifted.put("PositionsTable", each)
    [drift] = start("reconcile").handler(sample(path), None)["drifts"]
    assert drift == DRIFT | {"accepted": True, "why": "restore"}
    [_, back] = sorted(drifted.copy_orders(), key=lambda order: order.state == State.PLANNED)
    assert (back.quantity, back.limit_price) == (Decimal("1.5"), 101)
    before = drifted.contents()
    nothing = {"accounts": 1, "drifts": [], "left": [], "failed": []}
    assert start("reconcile").handler(sample(path), None) == nothing
    assert drifted.contents() == before


def test_an_account_that_cannot_be_asked_is_counted_and_not_flat(
    drifted: Stack, start: Start, lines: Lines
) -> None:
    follow(drifted, OnDrift.ACCEPT)
    drifted.at_venue(FOLLOWER).position_errors.append(NotSent("429 too many requests"))
    before = drifted.contents()
    answer = start("reconcile").handler({"shard": "0"}, None)
    [failed] = answer["failed"]
    assert failed == {
        "account_id": FOLLOWER,
        "holding": "",
        "why": "NotSent: 429 too many requests",
    }
    assert answer["drifts"] == []
    assert '"AccountsNotRead":[1.0]' in "".join(lines())
    assert drifted.contents() == before


def test_an_order_under_way_is_left_for_the_next_run(drifted: Stack, start: Start) -> None:
    follow(drifted, OnDrift.ACCEPT)
    exit_ = an_order("-2", follow_id=FOLLOW, leader_id=LEADER, account_id=FOLLOWER)
    drifted.ledgers.commit(LEDGER, Ledger({FOLLOW: Line(Decimal(0), Decimal(0))}, 2), [exit_])
    answer = start("reconcile").handler({"shard": "0"}, None)
    [left] = answer["left"]
    assert (left["holding"], left["why"]) == (NET, "an order is under way")
    assert answer["drifts"] == []


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_run_for_nobody_in_particular_is_a_mistake(stack: Stack, start: Start) -> None:
    with pytest.raises(KeyError):
        start("reconcile").handler({}, None)
    with pytest.raises(LookupError):
        start("reconcile").handler({"leader_id": "nobody"}, None)
