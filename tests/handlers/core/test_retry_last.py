"""The saga's last step raises errors that the console names, until a redrive settles the order."""

import asyncio
from typing import Any

import pytest

from pilotfish.domain.errors import NeedsAPerson, NotSettled
from pilotfish.usecases.retry import PATIENCE_MS
from tests.fakes import Fault
from tests.handlers.conftest import sample
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LAST = sample("retry/entry.json") | {"last": True}


@pytest.fixture
def sent(stack: Stack) -> Any:
    """The entry of the samples, sent a quarter of an hour ago; its answer was lost."""
    [order] = stack.plan("executor/planned_entry_usdm.json")
    venue = stack.at_venue(order.account_id)
    venue.script.append(Fault.STAYS_OPEN)
    claimed = asyncio.run(stack.orders.claim(order, order.quantity, stack.clock()))
    assert claimed is not None
    stack.clock.advance(PATIENCE_MS / 1000 + 1)
    return claimed


def test_an_order_on_its_way_is_not_settled(stack: Stack, start: Start, sent: Any) -> None:
    with pytest.raises(NotSettled):
        start("retry").handler(LAST, None)
    assert stack.book() == {}


def test_an_order_that_waits_for_a_person_fails_until_it_is_settled(
    stack: Stack, start: Start, sent: Any, lines: Any
) -> None:
    account = {"pk": {"S": sent.account_id}}
    [kept] = [i for i in stack.items("AccountsTable") if i["pk"] == account["pk"]]
    stack.dynamodb.delete_item(TableName=stack.tables["AccountsTable"], Key=account)
    retry = start("retry")
    assert retry.handler(sample("retry/entry.json"), None)["state"] == "MANUAL"
    before = stack.contents()
    for _ in range(2):
        with pytest.raises(NeedsAPerson):
            retry.handler(LAST, None)
    assert stack.contents() == before
    stack.put("AccountsTable", kept)
    settled = {"state": "EXPIRED", "finding": "replayed: it never arrived", "wait_s": 0.0}
    assert start("retry").handler(LAST, None) == settled
    assert stack.book() == {}
