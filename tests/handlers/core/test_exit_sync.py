"""Looks at a leader's exit: what the state machine is told, and what is planned, once."""

import json
from decimal import Decimal

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.domain.netting import Ledger, Line
from pilotfish.ports import LedgerKey
from tests.fakes.samples import an_instrument
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack, images

CLOSE, LAST = "exit_sync/close.json", "exit_sync/last_look.json"
LATE = "exit_sync/late.json"


@pytest.fixture
def closed(stack: Stack) -> Stack:
    """The leader closed; of the follower's 0.08 the venue sold nothing."""
    [image] = images("mapper/usdm_close.json")
    fill = fill_from_item(image)
    stack.put("FillsTable", image)
    stack.pair("ada-usdm", "ben-usdm", "binanceusdm")
    lot = Decimal("0.001")
    btc = an_instrument(fill.symbol, lot=lot, min_quantity=lot)
    stack.instruments.publish("binanceusdm", [btc], stack.clock())
    key = LedgerKey(fill.account_id, fill.symbol, fill.position_side, 0)
    stack.ledgers.commit(key, Ledger({"ada-usdm.ben-usdm": Line(Decimal(0), Decimal(0))}, 1), [])
    position = {"pk": {"S": "ada-usdm.ben-usdm"}, "sk": {"S": f"{fill.symbol}#net"}}
    held = {name: {"N": "0.08"} for name in ("copied", "closable")}
    stack.put("PositionsTable", position | held | {"missed_exit": {"N": "-0.08"}})
    return stack


def test_every_sample_is_expected() -> None:
    assert samples("exit_sync") == [CLOSE, LAST, LATE]


def test_what_is_left_is_planned_once(closed: Stack, start: Start) -> None:
    exit_sync = start("exit_sync")
    answers = [exit_sync.handler(sample(CLOSE), None) for _ in range(2)]
    assert [json.loads(json.dumps(answer)) for answer in answers] == [
        {
            "standing": "OPEN",
            "count": 1,
            "remainders": [
                {
                    "follow_id": "ada-usdm.ben-usdm",
                    "symbol": "BTC/USDT:USDT",
                    "quantity": "0.08",
                    "why": why,
                }
            ],
        }
        for why in ("sent again", "an order is under way")
    ]
    [order] = closed.copy_orders()
    assert (order.reduce_only, order.quantity, order.side) == (True, Decimal("0.08"), "sell")


def test_the_last_look_fails_with_the_names_of_those_who_hold(closed: Stack, start: Start) -> None:
    exit_sync = start("exit_sync")
    for why in ("sent again", "an order is under way"):
        with pytest.raises(exit_sync.NotSynced, match=f"ada-usdm.ben-usdm .* 0.08: {why}"):
            exit_sync.handler(sample(LAST), None)


@pytest.mark.parametrize("path", samples("exit_sync"))
def test_whoever_is_there_ends_it(closed: Stack, start: Start, path: str) -> None:
    key = {"pk": {"S": "ada-usdm.ben-usdm"}, "sk": {"S": "BTC/USDT:USDT#net"}}
    closed.put("PositionsTable", key | {"copied": {"N": "0"}, "closable": {"N": "0"}})
    answer = start("exit_sync").handler(sample(path), None)
    assert answer == {"standing": "SYNCED", "count": 0, "remainders": []}
    assert closed.copy_orders() == []
