"""A follow begins by a call: what is answered, what is written, and nothing by a second call."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.rules import Existing
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, an_account, an_instrument
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER, FOLLOWER = "ada-usdm", "ben-usdm"
JOIN = "follow/join.json"


@pytest.fixture
def listened(stack: Stack) -> Stack:
    """A leader who bought two, and whom the poller has seen; nobody follows yet."""
    stack.accounts.save(Account(LEADER, "ada", "binanceusdm", b"sealed", listen_shard="0"))
    stack.accounts.save(Account(FOLLOWER, "ben", "binanceusdm", b"sealed"))
    stack.instruments.publish("binanceusdm", [an_instrument()], 0)
    lease = stack.leases.acquire("0", "poller", stack.clock(), 60_000)
    assert lease is not None
    stack.positions.save_baseline(LEADER, [], lease)
    holdings = stack.positions.of_account(LEADER)
    assert holdings is not None
    trade(stack, holdings, lease)
    return stack


def trade(stack: Stack, holdings: Holdings, lease: Any) -> None:
    fill = a_fill("2", account_id=LEADER, venue="binanceusdm", trade_id=str(holdings.fills))
    stack.fills.add(an_account(LEADER), holdings, [fill], lease)


@pytest.mark.parametrize("path", samples("follow"))
def test_every_sample_twice(listened: Stack, start: Start, path: str) -> None:
    first = start("follow").handler(sample(path), None)
    assert (first["state"], first["follow_id"]) == ("started", f"{LEADER}.{FOLLOWER}")
    [follow] = listened.follows.of_leader(LEADER)
    assert (follow.owner, follow.venue, follow.first_fill) == ("ben", "binanceusdm", 3)
    assert follow.rules.multiplier == Decimal("0.5")
    before = listened.contents()
    again = start("follow").handler(sample(path), None)
    assert again == first | {"state": "following", "positions": []}
    assert listened.contents() == before


def test_what_is_joined_is_planned_and_told(listened: Stack, start: Start) -> None:
    answer = start("follow").handler(sample(JOIN), None)
    [order] = listened.copy_orders()
    assert (order.quantity, order.limit_price) == (1, 101)
    assert answer["positions"] == [
        {
            "symbol": PERPETUAL,
            "position_side": "net",
            "side": "buy",
            "quantity": "1.0",
            "limit_price": "101.00",
            "state": "PLANNED",
            "reason": "",
        }
    ]
    [follow] = listened.follows.of_leader(LEADER)
    assert (follow.rules.existing, follow.rules.join_tolerance) == (Existing.JOIN, Decimal("0.01"))


def test_the_executor_sends_what_was_joined(listened: Stack, start: Start) -> None:
    start("follow").handler(sample(JOIN), None)
    venue = listened.at_venue(FOLLOWER)
    image = listened.items("CopyOrdersTable")[0]
    record = {"eventID": "1", "eventName": "INSERT", "dynamodb": {"NewImage": image}}
    start("executor").handler({"Records": [record]}, None)
    assert venue.holding(PERPETUAL) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"leader_id": "nobody"}, "listened to"),
        ({"account_id": None}, "enabled"),
        ({"existing": "join", "join_tolerance": None}, "join_tolerance"),
        ({"multiplier": "much"}, "multiplier is a number, not much"),
        ({"multipler": "2"}, "no rule multipler"),
        ({"lateness_s": "2"}, "whole seconds"),
        ({"symbols": [SPOT]}, "symbols maps"),
    ],
)
def test_what_makes_no_sense_is_refused(
    listened: Stack, start: Start, change: dict[str, Any], words: str
) -> None:
    before = listened.contents()
    answer = start("follow").handler(sample(JOIN) | change, None)
    assert answer["state"] == "refused"
    assert words in answer["why"]
    assert listened.contents() == before


def test_a_leader_whom_nobody_has_looked_at_is_not_joined_yet(stack: Stack, start: Start) -> None:
    stack.accounts.save(Account(LEADER, "ada", "binanceusdm", b"sealed", listen_shard="0"))
    stack.accounts.save(Account(FOLLOWER, "ben", "binanceusdm", b"sealed"))
    stack.instruments.publish("binanceusdm", [an_instrument()], 0)
    answer = start("follow").handler(sample(JOIN), None)
    assert answer == {"state": "not_ready", "why": f"nobody has looked yet at what {LEADER} holds"}
    assert stack.items("FollowsTable") == []
