"""Keys that are tried, accounts that pause: what is answered, and what is written."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.health import DynamoHealths
from pilotfish.domain.connections import Health, KeyReport, Permissions
from pilotfish.domain.errors import Rejected
from pilotfish.domain.orders import Reason, State
from tests.fakes import EPOCH_MS
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER, FOLLOWER = "ada-usdm", "ben-usdm"
MAY = Permissions(read=True, trade=True, withdraw=False, ip_restricted=True)
TRADES = "connections/connect_follower.json"


@pytest.fixture
def connected(stack: Stack) -> Stack:
    """A leader whose health is known, a follower, and two who are not connected yet."""
    stack.pair(LEADER, FOLLOWER, "binanceusdm")
    for name in (LEADER, FOLLOWER, "eve-usdm", "fay-usdm"):
        stack.at_venue(name).key = KeyReport({"USDT": Decimal(5)}, MAY)
    lease = stack.leases.acquire("0", "poller", stack.clock(), 60_000)
    assert lease is not None
    healths = DynamoHealths(
        stack.dynamodb, stack.tables["HealthTable"], stack.tables["LeasesTable"]
    )
    healths.save(Health(LEADER, EPOCH_MS, EPOCH_MS, EPOCH_MS - 9), lease)
    return stack


@pytest.mark.parametrize("path", samples("connections"))
def test_every_sample_twice_says_and_does_the_same(
    connected: Stack, start: Start, path: str
) -> None:
    first = start("connections").handler(sample(path), None)
    assert "done" in first
    before = connected.contents()
    assert start("connections").handler(sample(path), None) == first
    assert connected.contents() == before


def test_how_connections_are_without_their_keys(connected: Stack, start: Start) -> None:
    listed = start("connections").handler(sample("connections/list.json"), None)["done"]
    leader, follower = listed
    assert (leader["account_id"], leader["leads"]) == (LEADER, True)
    assert leader["health"]["fill_ms"] == EPOCH_MS - 9
    assert (follower["leads"], follower["health"]["heard_ms"]) == (False, 0)
    assert "sealed" not in str(listed)


def test_an_accepted_key_is_stored_as_it_was_sealed(connected: Stack, start: Start) -> None:
    answer = start("connections").handler(sample(TRADES), None)
    assert answer["done"]["accepted"]
    assert answer["done"]["report"]["balances"] == {"USDT": "5"}
    [stored] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == "eve-usdm"]
    assert (stored["owner"], stored["sealed_key"]) == ({"S": "eve"}, {"B": b"sealed"})
    assert "listen_shard" not in stored


def test_a_key_that_can_withdraw_is_refused_unless_the_operator_allows_it(
    connected: Stack, start: Start
) -> None:
    connected.at_venue("eve-usdm").key = KeyReport({}, replace(MAY, withdraw=True))
    before = connected.contents()
    answer = start("connections").handler(sample(TRADES), None)["done"]
    assert not answer["accepted"]
    assert "may withdraw" in answer["problems"][0]
    assert connected.contents() == before
    allowed = start("connections", AllowWithdrawalKeys="true").handler(sample(TRADES), None)
    assert allowed["done"]["accepted"]
    assert len(connected.items("AccountsTable")) == len(before["AccountsTable"]) + 1


def test_what_a_venue_refuses_is_told_in_its_words(connected: Stack, start: Start) -> None:
    connected.at_venue(FOLLOWER).key_errors.append(Rejected("401. What to do: copy it again"))
    answer = start("connections").handler(sample("connections/try.json"), None)["done"]
    assert answer["problems"] == ["401. What to do: copy it again"]


def test_a_paused_follower_enters_nothing_until_it_resumes(connected: Stack, start: Start) -> None:
    start("connections").handler(sample("connections/pause.json"), None)
    [account] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == FOLLOWER]
    assert account["paused"] == {"BOOL": True}
    start("connections").handler(sample("connections/resume.json"), None)
    [account] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == FOLLOWER]
    assert account["paused"] == {"BOOL": False}


def test_the_executor_sends_a_paused_account_exits_alone(stack: Stack, start: Start) -> None:
    entries = stack.plan("executor/planned_entry_usdm.json")
    stack.accounts.pause(entries[0].account_id, paused=True)
    start("executor").handler(sample("executor/planned_entry_usdm.json"), None)
    [entry] = stack.copy_orders()
    assert (entry.state, entry.reason) == (State.SKIPPED, Reason.ACCOUNT_PAUSED)
    assert stack.book() == {}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"do": "try", "account_id": "nobody"}, "there is no account nobody"),
        ({"do": "pause", "account_id": "nobody"}, "there is no account nobody"),
        ({"do": "list", "account_ids": ["nobody"]}, "there is no account nobody"),
        ({"do": "burn"}, "there is nothing like 'burn' to do"),
    ],
)
def test_what_makes_no_sense_is_refused(
    connected: Stack, start: Start, event: dict[str, Any], why: str
) -> None:
    before = connected.contents()
    assert start("connections").handler(event, None) == {"why": why}
    assert connected.contents() == before
