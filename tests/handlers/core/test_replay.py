"""Replays as they are asked for: what is answered, what moves, and what is left as it was."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.ports import LedgerKey
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack, images

ENTRY = "executor/planned_entry_usdm.json"
FILL = "mapper/usdm.json"
DRY = "replay/dry_run.json"


@pytest.fixture
def rejected(stack: Stack) -> CopyOrder:
    """The entry of the samples, refused by its venue a minute ago, and its books."""
    [order] = stack.plan(ENTRY)
    [image] = images(FILL)
    fill = fill_from_item(image)
    assert fill.fill_id == order.fill_id
    stack.put("FillsTable", image)
    key = LedgerKey(fill.account_id, fill.symbol, fill.position_side, 0)
    quantity = order.side.sign * order.quantity
    stack.ledgers.commit(key, Ledger({order.follow_id: Line(quantity, quantity)}, 1), [])

    async def refuse() -> CopyOrder | None:
        claimed = await stack.orders.claim(order, order.quantity, stack.clock())
        assert claimed is not None
        refused = replace(claimed, state=State.REJECTED, reason="no", answered_ms=stack.clock())
        return await stack.orders.record(claimed, refused)

    after = asyncio.run(refuse())
    assert after is not None
    stack.clock.advance(60)
    return after


def said(order: CopyOrder, verdict: str, why: str = "", *, dry_run: bool = False) -> Any:
    one = {"order_id": order.order_id, "was": order.state, "verdict": verdict, "why": why}
    return {"orders": [one], "more_since_ms": None, "dry_run": dry_run}


@pytest.mark.parametrize("path", sorted(set(samples("replay")) - {DRY}))
def test_every_sample_twice(stack: Stack, start: Start, rejected: CopyOrder, path: str) -> None:
    replay = start("replay")
    assert replay.handler(sample(path), None) == said(rejected, "sent_again")
    [order] = stack.copy_orders()
    assert (order.state, order.history[-1].reason) == (State.UNSENT, "replayed")
    [saga] = stack.executions()
    assert saga["name"].startswith(f"{order.client_order_id}-{order.revision}-")
    before = stack.contents()
    for again in (replay, start("replay")):
        answer = again.handler(sample(path), None)
        assert all(one["verdict"] == "refused" for one in answer["orders"])
    assert stack.contents() == before
    assert (len(stack.executions()), stack.book()) == (1, {})


def test_a_dry_run_changes_nothing(stack: Stack, start: Start, rejected: CopyOrder) -> None:
    before = stack.contents()
    assert start("replay").handler(sample(DRY), None) == said(rejected, "sent_again", dry_run=True)
    assert stack.contents() == before
    assert (stack.executions(), stack.book()) == ([], {})


def test_the_saga_sends_it_once(stack: Stack, start: Start, rejected: CopyOrder) -> None:
    start("replay").handler(sample("replay/order.json"), None)
    key = {"follow_id": rejected.follow_id, "order_key": rejected.order_key}
    assert start("retry").handler(key, None)["state"] == "COPIED"
    assert [len(taken) for taken in stack.book().values()] == [1]
    answer = start("replay").handler(sample("replay/order.json"), None)
    assert answer["orders"][0]["verdict"] == "refused"
    assert [len(taken) for taken in stack.book().values()] == [1]


def test_what_is_not_there_is_said(stack: Stack, start: Start) -> None:
    [one] = start("replay").handler(sample("replay/order.json"), None)["orders"]
    assert (one["was"], one["verdict"]) == (None, "refused")


def test_replays_are_counted(stack: Stack, start: Start, rejected: CopyOrder, lines: Any) -> None:
    replay = start("replay")
    replay.handler(sample(DRY), None)
    assert any('"ReplayedOrders":[0.0]' in line for line in lines())
    replay.handler(sample("replay/order.json"), None)
    assert any('"ReplayedOrders":[1.0]' in line for line in lines())
