"""Runs of what looks after entries that wait for a better price."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import PAIRS, Stack, images

PERPETUAL = "BTC/USDT:USDT"
LIMIT = Decimal("60637.8")


class Context:
    """What AWS tells a run of itself; with so little time it looks once."""

    aws_request_id = "run"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 13_000


@pytest.fixture
def waiting(stack: Stack) -> Stack:
    """An entry that waits for a leader's price less 1 %."""
    [image] = images("broadcaster/order_waiting.json")
    order = order_from_item(image)
    follower, venue = PAIRS[order.leader_id]
    rules = Rules(better_by=Decimal("0.01"))
    stack.pair(order.leader_id, follower, venue, rules=rules, started_ms=0)
    stack.put("CopyOrdersTable", image)
    stack.clock.now_ms = order.decided_ms + 1_000
    return stack


def only(stack: Stack) -> CopyOrder:
    [order] = stack.copy_orders()
    return order


@pytest.mark.parametrize("path", samples("waits"))
def test_every_sample_twice_lets_it_go_once(
    waiting: Stack, start: Start, lines: Callable[[], list[Any]], path: str
) -> None:
    waits = start("waits")
    waiting.venues.prices["binanceusdm"] = {PERPETUAL: LIMIT}
    said = waits.handler(sample(path) | {"seconds": 0}, Context())
    assert said == {"ran": True, "waiting": 1, "released": 1, "ended": 0, "failed": 0}
    assert (only(waiting).state, only(waiting).limit_price) == (State.PLANNED, LIMIT)
    before = waiting.contents()
    assert waits.handler(sample("waits/schedule.json"), Context()) == {"ran": False}
    assert waiting.contents() == before
    assert '"EntriesReleased":[1.0]' in "".join(lines())


def test_a_price_that_is_not_there_changes_nothing(waiting: Stack, start: Start) -> None:
    waiting.venues.prices["binanceusdm"] = {PERPETUAL: LIMIT + 1}
    before = only(waiting)
    said = start("waits").handler({"seconds": 0}, Context())
    assert (said["waiting"], said["released"]) == (1, 0)
    assert only(waiting) == before


def test_when_its_time_is_up_it_expires(waiting: Stack, start: Start) -> None:
    waiting.clock.advance(300)
    said = start("waits").handler({"seconds": 0}, Context())
    assert said["ended"] == 1
    assert (only(waiting).state, only(waiting).reason) == (State.EXPIRED, "price_not_reached")
