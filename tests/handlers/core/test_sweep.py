"""Passes of the sweep: what was left behind goes on its way, once."""

from decimal import Decimal

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.domain.orders import State
from tests.fakes.samples import an_instrument
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import PAIRS, Stack, images

NONE_ENDS = {"ending": 0, "ended": 0}
FORGOTTEN = ("mapper/usdm.json", "mapper/spot.json")
ORDER = "executor/planned_entry_hedge.json"


@pytest.fixture
def left_behind(stack: Stack) -> Stack:
    """Two fills that nobody decided, and an order that nobody sent, for a minute."""
    for path in FORGOTTEN:
        [image] = images(path)
        stack.put("FillsTable", image)
        fill = fill_from_item(image)
        follower, venue = PAIRS[fill.account_id]
        stack.pair(fill.account_id, follower, venue)
        lot = Decimal("0.00001")
        stack.instruments.publish(venue, [an_instrument(fill.symbol, lot=lot)], 0)
    stack.plan(ORDER)
    stack.clock.advance(60)
    return stack


@pytest.mark.parametrize("path", samples("sweep"))
def test_every_sample_twice(left_behind: Stack, start: Start, path: str) -> None:
    sweep = start("sweep")
    assert sweep.handler(sample(path), None) == {"fills": 2, "orders": 1, "failed": 0} | NONE_ENDS
    assert len(left_behind.copy_orders()) == 3
    assert not any("undecided" in item for item in left_behind.items("FillsTable"))
    [saga] = left_behind.executions()
    before = left_behind.contents()
    assert sweep.handler(sample(path), None) == {"fills": 0, "orders": 1, "failed": 0} | NONE_ENDS
    assert (
        start("sweep").handler(sample(path), None)
        == {"fills": 0, "orders": 1, "failed": 0} | NONE_ENDS
    )
    assert left_behind.contents() == before
    assert [one["name"] for one in left_behind.executions()] == [saga["name"]]
    assert left_behind.book() == {}


def test_patience_is_an_option_of_the_event(left_behind: Stack, start: Start) -> None:
    sweep = start("sweep")
    assert (
        sweep.handler({"patience_s": 3_600}, None)
        == {"fills": 0, "orders": 0, "failed": 0} | NONE_ENDS
    )
    assert (
        sweep.handler({"patience_s": 1}, None) == {"fills": 2, "orders": 1, "failed": 0} | NONE_ENDS
    )


def test_a_fill_that_cannot_be_decided_holds_up_nobody(left_behind: Stack, start: Start) -> None:
    left_behind.pair("ada-usdm", "eve-kraken", "kraken")
    assert start("sweep").handler({}, None) == {"fills": 2, "orders": 1, "failed": 1} | NONE_ENDS
    states = {order.leader_id: order.state for order in left_behind.copy_orders()}
    assert states == {"ada-hedge": State.PLANNED, "ada-spot": State.PLANNED}
    assert len(left_behind.executions()) == 1


def test_items_that_cannot_be_read_hold_up_nobody(
    left_behind: Stack, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    [fill] = images(FORGOTTEN[0])
    left_behind.put("FillsTable", fill | {"sk": {"S": "0"}, "price": {"S": "sixty thousand"}})
    [order] = images(ORDER)
    left_behind.put("CopyOrdersTable", order | {"sk": {"S": "0"}, "order": {"S": "{"}})
    assert start("sweep").handler({}, None) == {"fills": 2, "orders": 1, "failed": 0} | NONE_ENDS
    assert [item["sk"]["S"] for item in left_behind.items("FillsTable") if "undecided" in item] == [
        "0"
    ]
    assert len(left_behind.executions()) == 1
    assert [r.levelname for r in caplog.records].count("ERROR") == 2
