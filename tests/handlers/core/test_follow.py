"""A follow begins by a call: what is answered, what is written, and nothing by a second call."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.consents import RISKS
from pilotfish.domain.follows import Consent
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


STARTS = ("follow/join.json", "follow/plain.json")
CHANGES = [path for path in samples("follow") if path not in STARTS]


@pytest.mark.parametrize("path", STARTS)
def test_every_sample_twice(listened: Stack, start: Start, path: str) -> None:
    first = start("follow").handler(sample(path), None)
    assert (first["state"], first["follow_id"]) == ("started", f"{LEADER}.{FOLLOWER}")
    [follow] = listened.follows.of_leader(LEADER)
    assert (follow.owner, follow.venue, follow.first_fill) == ("ben", "binanceusdm", 3)
    assert follow.rules.multiplier == Decimal("0.5")
    before = listened.contents()
    again = start("follow").handler(sample(path), None)
    assert again == first | {"state": "following", "positions": []}
    assert (first["status"], first["version"]) == ("active", 0)
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
        ({"consent": "2020"}, "read the risks"),
        ({"user": "eve"}, f"{FOLLOWER} is not an account that is enabled"),
        ({"user": "ben"}, f"{LEADER} is not an account that can be followed"),
        ({"account_id": None}, "enabled"),
        ({"existing": "join", "join_tolerance": None}, "join_tolerance"),
        ({"multiplier": "much"}, "multiplier is a number"),
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
    assert answer["code"] in ("bad_rules", "no_consent", "cannot_follow")
    assert words in answer["why"]
    assert listened.contents() == before


@pytest.mark.parametrize("path", STARTS)
def test_a_leader_to_whom_nobody_listens_yet_is_not_followed(
    stack: Stack, start: Start, path: str
) -> None:
    stack.accounts.save(Account(LEADER, "ada", "binanceusdm", b"sealed", listen_shard="0"))
    stack.accounts.save(Account(FOLLOWER, "ben", "binanceusdm", b"sealed"))
    stack.instruments.publish("binanceusdm", [an_instrument()], 0)
    answer = start("follow").handler(sample(path), None)
    why = f"nobody listens to {LEADER} yet; try again in a moment"
    assert answer == {"state": "not_ready", "code": "not_ready", "why": why}
    assert stack.items("FollowsTable") == []


@pytest.fixture
def copied(listened: Stack, start: Start) -> Stack:
    """A follow that joined, and whose copy has come through."""
    venue = listened.at_venue(FOLLOWER)
    start("follow").handler(sample(JOIN), None)
    send(listened, start)
    assert venue.holding(PERPETUAL) == 1
    return listened


def send(stack: Stack, start: Start) -> None:
    """The orders' stream."""
    images = [item for item in stack.items("CopyOrdersTable") if item["state"]["S"] == "PLANNED"]
    records = [
        {"eventID": str(n), "eventName": "INSERT", "dynamodb": {"NewImage": image}}
        for n, image in enumerate(images)
    ]
    start("executor").handler({"Records": records}, None)


@pytest.mark.parametrize("path", CHANGES)
def test_every_change_twice(copied: Stack, start: Start, path: str) -> None:
    first = start("follow").handler(sample(path), None)
    assert first["follow_id"] == f"{LEADER}.{FOLLOWER}", first
    send(copied, start)
    book = copied.book()
    again = start("follow").handler(sample(path), None)
    outdated = sample(path).get("version") is not None
    assert again["state"] == ("refused" if outdated else first["state"])
    send(copied, start)
    assert copied.book() == book


@pytest.mark.parametrize("path", CHANGES)
def test_nobody_changes_what_is_another_s(copied: Stack, start: Start, path: str) -> None:
    before = copied.contents()
    answer = start("follow").handler(sample(path) | {"user": "eve"}, None)
    assert (answer["state"], answer["code"]) == ("refused", "no_such_follow")
    assert copied.contents() == before


def test_what_is_closed_leaves_and_the_sweep_sees_it_through(copied: Stack, start: Start) -> None:
    answer = start("follow").handler(sample("follow/stop_close.json"), None)
    assert (answer["state"], answer["version"]) == ("stopped", 1)
    [left] = answer["left"]
    told = left["symbol"], Decimal(left["quantity"]), left["why"]
    assert told == (PERPETUAL, 1, "it is being closed")
    send(copied, start)
    assert copied.book()[FOLLOWER][1:] == [("sell", Decimal(1), True)]
    copied.clock.advance(60)
    swept = start("sweep").handler({}, None)
    assert (swept["ending"], swept["ended"], swept["failed"]) == (1, 1, 0)
    follow = copied.follows.get(LEADER, f"{LEADER}.{FOLLOWER}")
    assert follow is not None
    assert (follow.closing, follow.live, follow.version) == ((), False, 2)


def test_who_consented_to_what_is_kept(listened: Stack, start: Start) -> None:
    start("follow").handler(sample("follow/plain.json"), None)
    [follow] = listened.follows.of_leader(LEADER)
    assert follow.consent == Consent(RISKS.version, "operator", listened.clock())


@pytest.mark.parametrize(
    ("event", "words"),
    [({"do": "dance"}, "start, rules, pause"), ({"do": "stop", "how": "slowly"}, "to keep, close")],
)
def test_what_cannot_be_done(copied: Stack, start: Start, event: Any, words: str) -> None:
    named = sample("follow/pause.json")
    answer = start("follow").handler(named | event, None)
    assert words in answer["why"]


def test_levels_of_the_leaders_are_gone_by_only_where_its_venue_tells_them(
    copied: Stack, start: Start
) -> None:
    event = sample("follow/rules.json") | {"copy_tp_sl": True}
    answer = start("follow").handler(event, None)
    assert (answer["state"], answer["version"]) == ("active", 1)
    copied.accounts.save(Account(LEADER, "ada", "kraken", b"sealed", listen_shard="0"))
    before = copied.contents()
    answer = start("follow").handler(event | {"version": 1, "multiplier": "0.3"}, None)
    assert (answer["state"], answer["code"]) == ("refused", "bad_rules")
    assert answer["field"] == "copy_tp_sl"
    assert copied.contents() == before
