"""Stream batches of planned orders, replayed: what reaches a venue, once, and what comes again."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.orders import Leg, State
from tests.fakes import Fault
from tests.handlers.conftest import sample, samples
from tests.handlers.core.batches import POISON, failed, poisoned
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack, images

# Powertools warns of a batch in which nothing was copied, hence no latency.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

ENTRY = "executor/planned_entry_usdm.json"
TEN = "executor/planned_ten_followers.json"


def states(stack: Stack) -> list[State]:
    return [order.state for order in stack.copy_orders()]


@pytest.mark.parametrize("path", samples("executor"))
def test_every_sample_is_sent_once(stack: Stack, start: Start, path: str) -> None:
    orders = stack.plan(path)
    executor = start("executor")
    assert executor.handler(sample(path), None) == failed()
    assert stack.book() == {
        order.account_id: [(order.side, order.quantity, order.leg is Leg.EXIT)] for order in orders
    }
    assert states(stack) == [State.COPIED] * len(orders)
    book, contents = stack.book(), stack.contents()
    assert executor.handler(sample(path), None) == failed()
    assert start("executor").handler(sample(path), None) == failed()
    assert (stack.book(), stack.contents()) == (book, contents)
    assert stack.executions() == []


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault.THROTTLED, State.UNSENT),
        (Fault.TIMEOUT_ACCEPTED, State.UNKNOWN),
        (Fault.TIMEOUT_LOST, State.UNKNOWN),
    ],
)
def test_what_is_not_final_has_one_saga(
    stack: Stack, start: Start, fault: Fault, state: State
) -> None:
    [order] = stack.plan(ENTRY)
    stack.at_venue(order.account_id).script.append(fault)
    for _ in range(2):
        assert start("executor").handler(sample(ENTRY), None) == failed()
    assert states(stack) == [state]
    assert len(stack.book()) == (fault is Fault.TIMEOUT_ACCEPTED)
    [saga] = stack.executions()
    assert saga["name"].startswith(f"{order.client_order_id}-2-")
    key = {"follow_id": order.follow_id, "order_key": order.order_key}
    assert json.loads(saga["input"]) == key


@pytest.mark.parametrize(
    "image",
    [
        {},
        {"order": None},
        {"order": {"S": "{"}},
        {"order": {"S": "{}"}},
        {"state": {"S": "CONFUSED"}},
        {"revision": {"S": "first"}},
    ],
    ids=str,
)
def test_poison_is_reported_alone_and_logged(
    stack: Stack, start: Start, image: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    orders = stack.plan(TEN)
    records = sample(TEN)["Records"]
    batch = {"Records": [records[0], poisoned(records[1], **image), *records[1:]]}
    assert start("executor").handler(batch, None) == failed(POISON)
    assert len(stack.book()) == len(orders)
    assert states(stack) == [State.COPIED] * len(orders)
    [logged] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert logged.__dict__["event_id"] == "poison"


def test_a_batch_of_poison_alone_does_not_raise(stack: Stack, start: Start) -> None:
    batch = {"Records": [poisoned(sample(ENTRY)["Records"][0])]}
    assert start("executor").handler(batch, None) == failed(POISON)


def test_a_worker_that_dies_holds_up_its_own_record_alone(stack: Stack, start: Start) -> None:
    """What it leaves is an order that may have been sent, for the saga to look up."""
    orders = stack.plan(TEN)

    def die(request: object) -> None:
        raise MemoryError

    stack.at_venue(orders[3].account_id).on_send = die
    records = sample(TEN)["Records"]
    again = failed(records[3]["dynamodb"]["SequenceNumber"])
    assert start("executor").handler(sample(TEN), None) == again
    assert len(stack.book()) == len(orders) - 1
    expected = [State.COPIED] * len(orders)
    expected[3] = State.SENT
    assert states(stack) == expected
    stack.at_venue(orders[3].account_id).on_send = lambda request: None
    assert start("executor").handler(sample(TEN), None) == failed()
    assert states(stack) == expected


def test_one_batch_sends_a_follows_orders_in_their_order(stack: Stack, start: Start) -> None:
    """The exit of a burst finds what its entry copied a moment ago."""
    usdm, exit_ = ENTRY, "executor/planned_exit_usdm.json"
    [entry] = stack.plan(usdm)
    for image in images(exit_):
        stack.put("CopyOrdersTable", image)
    records = [*sample(usdm)["Records"], *sample(exit_)["Records"]]
    assert start("executor").handler({"Records": records}, None) == failed()
    assert stack.book()[entry.account_id] == [
        ("buy", Decimal("0.020"), False),
        ("sell", Decimal("0.020"), True),
    ]
    assert states(stack) == [State.COPIED, State.COPIED]


def test_an_entry_of_last_year_expires(stack: Stack, start: Start) -> None:
    [order] = stack.plan(ENTRY)
    stack.clock.now_ms = order.expires_ms + 1
    for _ in range(2):
        assert start("executor").handler(sample(ENTRY), None) == failed()
    assert (states(stack), stack.book()) == ([State.EXPIRED], {})


def test_latency_is_counted_for_what_was_copied(stack: Stack, start: Start, lines: Any) -> None:
    orders = stack.plan(TEN)
    stack.at_venue(orders[0].account_id).script.append(Fault.REFUSED)
    start("executor").handler(sample(TEN), None)
    [emf] = [json.loads(line) for line in lines() if '"_aws"' in line]
    late_ms = stack.clock() - orders[0].traded_ms
    assert emf["CopyLatency"] == [late_ms] * 9
