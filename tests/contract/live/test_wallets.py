"""Wallets: the twin in memory and the table alike."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.wallets import DynamoWallets
from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.levels import Level
from pilotfish.domain.venues import Position
from pilotfish.domain.wallets import Wallet
from tests.fakes.wallets import MemoryWallets

WALLET = Wallet(
    account_id="acc-1",
    venue="binanceusdm",
    at_ms=1_763_726_400_000,
    coins={"USDT": Decimal("1000.50"), "BNB": Decimal("0.1")},
    positions=(
        Position("BTC/USDT:USDT", PositionSide.NET, Decimal("-0.2"), Decimal(60_000)),
        Position("ETH/USDT:USDT", PositionSide.LONG, Decimal(1)),
    ),
    prices={"BNB/USDT:USDT": Decimal(700), "BTC/USDT:USDT": Decimal(61_000)},
)


@pytest.fixture(params=["memory", "dynamodb"])
def worker(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Makes another worker on the same wallets."""
    if request.param == "memory":
        twin = MemoryWallets()
        return lambda: twin
    client = request.getfixturevalue("dynamodb")
    return lambda: DynamoWallets(client, "WalletsTable")


def test_a_wallet_is_as_it_was_read(worker: Callable[[], Any]) -> None:
    worker().save(WALLET)
    assert worker().of(["acc-1", "acc-2"]) == {"acc-1": WALLET}


def test_trouble_leaves_what_was_read_before(worker: Callable[[], Any]) -> None:
    worker().save(WALLET)
    trouble = Wallet("acc-1", WALLET.venue, error="NotSent: no answer", error_ms=WALLET.at_ms + 9)
    worker().save(trouble)
    found = worker().of(["acc-1"])["acc-1"]
    assert found == replace(WALLET, error=trouble.error, error_ms=trouble.error_ms)
    worker().save(replace(WALLET, at_ms=WALLET.at_ms + 10))
    assert worker().of(["acc-1"])["acc-1"].error == ""


def test_one_that_could_never_be_read_has_nothing_but_its_trouble(
    worker: Callable[[], Any],
) -> None:
    worker().save(Wallet("acc-1", "kana", error="Rejected: it tells none", error_ms=5))
    found = worker().of(["acc-1"])["acc-1"]
    assert (found.at_ms, found.equity, found.error_ms) == (0, None, 5)


def test_more_accounts_than_one_call_reads(worker: Callable[[], Any]) -> None:
    for number in range(120):
        worker().save(replace(WALLET, account_id=f"acc-{number}"))
    assert len(worker().of(f"acc-{number}" for number in range(130))) == 120


LEVELS = (
    Level("BTC/USDT:USDT", PositionSide.NET, Side.BUY, TriggerKind.STOP_LOSS, Decimal("65000.5")),
    Level(
        "ETH/USDT:USDT",
        PositionSide.LONG,
        Side.SELL,
        TriggerKind.TAKE_PROFIT,
        Decimal(5_000),
        Decimal("0.5"),
    ),
)


def test_levels_are_as_they_were_read_and_stay_until_they_are_read_again(
    worker: Callable[[], Any],
) -> None:
    told = replace(WALLET, levels=LEVELS, levels_ms=WALLET.at_ms)
    worker().save(told)
    assert worker().of(["acc-1"]) == {"acc-1": told}
    later = replace(WALLET, at_ms=WALLET.at_ms + 60_000)
    worker().save(later)
    assert worker().of(["acc-1"])["acc-1"] == replace(later, levels=LEVELS, levels_ms=WALLET.at_ms)
    none = replace(later, levels=(), levels_ms=later.at_ms)
    worker().save(none)
    assert worker().of(["acc-1"])["acc-1"] == none
