"""Runs of what reads wallets."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.wallets import DynamoWallets
from pilotfish.domain.errors import Rejected
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER, FOLLOWER = "ada-usdm", "ben-usdm"


@pytest.mark.parametrize("path", samples("wallets"))
def test_every_sample_twice_reads_who_leads_and_who_follows(
    stack: Stack, start: Start, lines: Callable[[], list[Any]], path: str
) -> None:
    stack.pair(LEADER, FOLLOWER, "binanceusdm")
    stack.at_venue(FOLLOWER).coins = {"USDT": Decimal(1000), "BNB": Decimal(2)}
    stack.at_venue(LEADER).wallet_errors.append(Rejected("no such key"))
    stack.venues.prices["binanceusdm"] = {"BNB/USDT:USDT": Decimal(700)}
    wallets = start("wallets")

    nobody = {"watched": 0, "breached": 0, "closed": 0, "unknown": 0, "untold": 0}
    assert wallets.handler(sample(path), None) == {"read": 1, "failed": 1} | nobody
    assert wallets.handler(sample(path), None) == {"read": 0, "failed": 0} | nobody

    kept = DynamoWallets(stack.dynamodb, stack.tables["WalletsTable"]).of([LEADER, FOLLOWER])
    assert (kept[FOLLOWER].equity, kept[FOLLOWER].at_ms) == (2400, stack.clock())
    assert (kept[LEADER].error, kept[LEADER].equity) == ("Rejected: no such key", None)
    assert stack.book() == {}
    said = "".join(lines())
    assert '"WalletsRead":[1.0]' in said
    assert '"WalletsNotRead":[1.0]' in said
    assert '"LevelsNotKnown":[0.0]' in said
