"""Turns of the saga: what they answer to the state machine, and what reaches the venue, once."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.domain.orders import CopyOrder, State
from tests.fakes import Fault
from tests.fakes.venue import EVIDENCE
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

ENTRY = "retry/entry.json"
EXECUTOR = {
    ENTRY: "executor/planned_entry_usdm.json",
    "retry/exit.json": "executor/planned_exit_usdm.json",
}
WAIT_S = EVIDENCE.receive_window_s + EVIDENCE.visibility_lag_s


def left_as(stack: Stack, path: str, state: State) -> CopyOrder:
    """The sample's order as a worker left it."""
    [order] = stack.plan(EXECUTOR[path])

    async def moved() -> CopyOrder | None:
        if state is State.UNSENT:
            unsent = replace(order, state=state, reason="429", answered_ms=stack.clock())
            return await stack.orders.record(order, unsent)
        return await stack.orders.claim(order, order.quantity, stack.clock())

    left = asyncio.run(moved())
    assert left is not None
    return left


def test_every_sample_is_expected() -> None:
    assert sorted(EXECUTOR) == samples("retry")


@pytest.mark.parametrize("path", samples("retry"))
def test_what_was_not_sent_is_sent_once(stack: Stack, start: Start, path: str) -> None:
    order = left_as(stack, path, State.UNSENT)
    retry = start("retry")
    settled = {"state": "COPIED", "finding": "", "wait_s": 0.0}
    assert retry.handler(sample(path), None) == settled
    assert stack.book() == {
        order.account_id: [(order.side, order.quantity, order.reduce_only)],
    }
    book, contents = stack.book(), stack.contents()
    settled["finding"] = "it was settled already"
    assert retry.handler(sample(path), None) == settled
    assert start("retry").handler(sample(path), None) == settled
    assert (stack.book(), stack.contents()) == (book, contents)
    assert stack.executions() == []


@pytest.mark.parametrize("path", samples("retry"))
def test_what_may_have_been_sent_is_looked_up(stack: Stack, start: Start, path: str) -> None:
    left_as(stack, path, State.SENT)
    retry = start("retry")
    for _ in range(EVIDENCE.looks * 2):
        answer = retry.handler(sample(path), None)
        assert answer == {"state": "UNKNOWN", "finding": "not seen yet", "wait_s": 0.0}
    assert stack.book() == {}
    stack.clock.advance(WAIT_S + 0.001)
    assert retry.handler(sample(path), None)["state"] == "COPIED"
    assert [len(taken) for taken in stack.book().values()] == [1]


def test_a_venue_that_asks_to_wait_is_told_to_the_state_machine(stack: Stack, start: Start) -> None:
    order = left_as(stack, ENTRY, State.UNSENT)
    stack.at_venue(order.account_id).script.append(Fault.THROTTLED)
    retry = start("retry")
    throttled = {"state": "UNSENT", "finding": "429 too many requests", "wait_s": 3.0}
    for _ in range(2):
        assert retry.handler(sample(ENTRY), None) == throttled
    assert stack.book() == {}


def test_an_order_that_needs_a_person_is_counted(stack: Stack, start: Start, lines: Any) -> None:
    left_as(stack, ENTRY, State.SENT)
    stack.dynamodb.delete_item(
        TableName=stack.tables["AccountsTable"], Key={"pk": {"S": "ben-usdm"}}
    )
    assert start("retry").handler(sample(ENTRY), None)["state"] == "MANUAL"
    assert any('"ManualOrders":[1.0]' in line for line in lines())


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize(
    "broken", [{}, {"order": {"S": "{"}}, {"state": {"S": "CONFUSED"}}], ids=str
)
def test_an_order_that_cannot_be_read_fails_the_saga_and_sends_nothing(
    stack: Stack, start: Start, broken: dict[str, Any]
) -> None:
    """The state machine retries, and in the end shows it to a person."""
    left_as(stack, ENTRY, State.UNSENT)
    [item] = stack.items("CopyOrdersTable")
    if broken:
        stack.put("CopyOrdersTable", item | broken)
    else:
        key = {name: item[name] for name in ("pk", "sk")}
        stack.dynamodb.delete_item(TableName=stack.tables["CopyOrdersTable"], Key=key)
    with pytest.raises((ValueError, LookupError)):
        start("retry").handler(sample(ENTRY), None)
    assert stack.book() == {}
