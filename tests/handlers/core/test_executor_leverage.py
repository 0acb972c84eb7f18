"""The executor on its tables: what an order wants of leverage is stored, set, and remembered."""

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

from pilotfish.adapters.dynamo.margins import DynamoMargins
from pilotfish.adapters.dynamo.order_items import order_from_item, order_to_item
from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.orders import CopyOrder, State
from tests.handlers.conftest import sample
from tests.handlers.core.batches import failed
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack, images

ENTRY = "executor/planned_entry_usdm.json"
WANTED = {"leverage_mode": "fixed", "leverage": "2.5", "margin_mode": "isolated"}
MARGIN = Margin(Decimal("2.5"), MarginMode.ISOLATED)


def leveraged(stack: Stack) -> tuple[CopyOrder, Any]:
    """The sample's order as a follow with such rules has it, stored, and the batch with it."""
    stack.plan(ENTRY)
    image = deepcopy(images(ENTRY)[0])
    document = json.loads(image["order"]["S"]) | WANTED
    image["order"]["S"] = json.dumps(document, separators=(",", ":"))
    stack.put("CopyOrdersTable", image)
    event = deepcopy(sample(ENTRY))
    event["Records"][0]["dynamodb"]["NewImage"] = image
    return order_from_item(image), event


def test_a_stored_order_says_what_it_was_decided_to_set(stack: Stack) -> None:
    order, event = leveraged(stack)
    assert order.sets_margin
    image = event["Records"][0]["dynamodb"]["NewImage"]
    assert order_from_item(order_to_item(order)) == order
    assert json.loads(image["order"]["S"])["leverage"] == "2.5"


def test_it_is_set_once_by_whatever_worker_and_remembered(stack: Stack, start: Start) -> None:
    order, event = leveraged(stack)
    venue = stack.at_venue(order.account_id)
    for _ in range(2):
        assert start("executor").handler(event, None) == failed()
    assert venue.margins_set == [(order.symbol, MARGIN)]
    assert [each.state for each in stack.copy_orders()] == [State.COPIED]
    mark = DynamoMargins(stack.dynamodb, stack.tables["PositionsTable"]).get(
        order.account_id, order.symbol
    )
    assert mark is not None
    assert (mark.margin, mark.done, mark.follows) == (MARGIN, True, {order.follow_id})


def test_what_was_not_answered_is_left_to_a_saga(stack: Stack, start: Start) -> None:
    order, event = leveraged(stack)
    stack.at_venue(order.account_id).margin_script.append(OutcomeUnknown("timed out"))
    assert start("executor").handler(event, None) == failed()
    assert [each.state for each in stack.copy_orders()] == [State.UNSENT]
    assert stack.book() == {}
    [saga] = stack.executions()
    key = {"follow_id": order.follow_id, "order_key": order.order_key}
    assert json.loads(saga["input"]) == key
