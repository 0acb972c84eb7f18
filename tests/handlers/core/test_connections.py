"""Keys that are tried, accounts that pause: what is answered, and what is written."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.health import DynamoHealths
from pilotfish.adapters.keys import HEADER
from pilotfish.domain.connections import Health, KeyReport, Permissions
from pilotfish.domain.errors import Rejected
from pilotfish.domain.keys import Candidate
from pilotfish.domain.orders import Reason, State
from pilotfish.usecases.connections import ManageConnection
from tests.fakes import EPOCH_MS
from tests.fakes.managing import nobody_to_tell
from tests.fakes.tables import Tables
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER, FOLLOWER = "ada-usdm", "ben-usdm"
MAY = Permissions(read=True, trade=True, withdraw=False, ip_restricted=True)
TRADES = "connections/take_follower.json"
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


@pytest.fixture
def connected(stack: Stack) -> Stack:
    """A leader whose health is known, a follower, and two whose keys wait to be tried."""
    stack.pair(LEADER, FOLLOWER, "binanceusdm")
    for name in (LEADER, FOLLOWER, "eve-usdm", "fay-usdm"):
        stack.at_venue(name).key = KeyReport({"USDT": Decimal(5)}, MAY)
    for name, shard in (("eve", ""), ("fay", "0")):
        stack.keyring.offer(
            Candidate(
                candidate_id=f"key_5eed{'1eader' if shard else '0f0ur'}",
                account_id=f"{name}-usdm",
                owner=name,
                venue="Binance USDM",
                version=1,
                fingerprint=name,
                offered_ms=stack.clock(),
                sealed_key=HEADER.pack(1, 7) + b"wrapped" + b"sealed",
                listen_shard=shard,
            )
        )
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
    first = start("connections").handler(sample(path), CONTEXT)
    assert "done" in first
    before = connected.contents()
    assert start("connections").handler(sample(path), CONTEXT) == first
    assert connected.contents() == before


def test_how_connections_are_without_their_keys(connected: Stack, start: Start) -> None:
    listed = start("connections").handler(sample("connections/list.json"), CONTEXT)["done"]
    leader, follower = listed
    assert leader["connection"]["account_id"] == LEADER
    assert leader["connection"]["listen_shard"] == "0"
    assert leader["health"]["fill_ms"] == EPOCH_MS - 9
    assert (follower["connection"]["listen_shard"], follower["health"]["heard_ms"]) == ("", 0)
    assert "sealed" not in str(listed)


def test_an_accepted_key_is_stored_apart_from_what_it_was_sealed_with(
    connected: Stack, start: Start
) -> None:
    answer = start("connections").handler(sample(TRADES), CONTEXT)
    assert answer["done"]["accepted"]
    assert answer["done"]["report"]["balances"] == {"USDT": "5"}
    [stored] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == "eve-usdm"]
    assert stored["owner"] == {"S": "eve"}
    assert stored["sealed_key"] == {"B": HEADER.pack(1, 0) + b"sealed"}
    kept = {item["pk"]["S"]: item for item in connected.items("KeysTable")}
    assert kept["data#eve-usdm#1"]["wrapped"] == {"B": b"wrapped"}
    assert "listen_shard" not in stored


@pytest.mark.parametrize("allowed", ["false", "true"])
def test_a_key_that_can_withdraw_is_refused_unless_the_operator_allows_it(
    connected: Stack, start: Start, allowed: str
) -> None:
    connected.at_venue("eve-usdm").key = KeyReport({}, replace(MAY, withdraw=True))
    before = connected.contents()
    app = start("connections", AllowWithdrawalKeys=allowed)
    answer = app.handler(sample(TRADES), CONTEXT)["done"]
    stored = len(connected.items("AccountsTable")) - len(before["AccountsTable"])
    assert (answer["accepted"], stored) == ((True, 1) if allowed == "true" else (False, 0))
    [kept] = [each for each in connected.items("KeysTable") if each.get("answer", {}).get("S")]
    assert "sealed_key" not in kept
    assert allowed == "true" or "may withdraw" in answer["problems"][0]


def test_a_key_that_gained_the_right_to_withdraw_pauses_and_is_told(
    connected: Stack, start: Start
) -> None:
    app = start("connections")
    assert app.handler(sample(TRADES), CONTEXT)["done"]["accepted"]
    assert app.handler(sample("connections/check.json"), CONTEXT) == {
        "done": {"keys": 0, "paused": []}
    }
    connected.at_venue("eve-usdm").key = KeyReport({}, replace(MAY, withdraw=True))
    connected.clock.advance(86_400)
    assert app.handler(sample("connections/check.json"), CONTEXT) == {
        "done": {"keys": 1, "paused": ["eve-usdm"]}
    }
    [notice] = connected.items("AlertsTable")
    assert (notice["pk"], notice["kind"]) == ({"S": "eve"}, {"S": "key"})
    assert "may withdraw" in notice["text"]["S"]
    refused = app.handler({"do": "resume", "account_id": "eve-usdm"}, CONTEXT)
    assert "may withdraw" in refused["why"]


def test_what_a_venue_refuses_is_told_in_its_words(connected: Stack, start: Start) -> None:
    connected.at_venue(FOLLOWER).key_errors.append(Rejected("401. What to do: copy it again"))
    answer = start("connections").handler(sample("connections/try.json"), CONTEXT)["done"]
    assert answer["problems"] == ["401. What to do: copy it again"]


def test_a_paused_follower_enters_nothing_until_it_resumes(connected: Stack, start: Start) -> None:
    start("connections").handler(sample("connections/pause.json"), CONTEXT)
    [account] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == FOLLOWER]
    assert account["paused"] == {"BOOL": True}
    start("connections").handler(sample("connections/resume.json"), CONTEXT)
    [account] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == FOLLOWER]
    assert account["paused"] == {"BOOL": False}


def test_followers_of_a_paused_leader_are_told_at_once(connected: Stack, start: Start) -> None:
    app = start("connections")
    app.handler({"do": "pause", "account_id": LEADER}, CONTEXT)
    told = {each["pk"]["S"]: each for each in connected.items("AlertsTable")}
    assert {each["kind"]["S"] for each in told.values()} == {"leader_unheard"}
    assert set(told) == {"ben", "ada"}
    assert "not closed with it" in told["ben"]["text"]["S"]
    assert "1 follows" in told["ada"]["text"]["S"]


def test_a_connection_is_deleted_with_its_follows_if_they_are_to_stop(
    connected: Stack, start: Start
) -> None:
    app = start("connections")
    asked = {"do": "delete", "owner": "ada", "account_id": LEADER}
    refused = app.handler(asked | {"stop_follows": False, "revision": 0}, CONTEXT)
    assert refused == {"why": "1 follows need the account", "code": "StillFollowing"}
    assert app.handler(asked | {"owner": "ben"}, CONTEXT)["code"] == "NoSuchAccount"
    assert app.handler(asked | {"revision": 3}, CONTEXT)["code"] == "ChangedMeanwhile"
    assert app.handler(asked | {"stop_follows": True}, CONTEXT) == {"done": "deleted"}
    [left] = [a for a in connected.items("AccountsTable") if a["pk"]["S"] == LEADER]
    assert not {"sealed_key", "listen_shard", "held_as"} & set(left)
    assert (left["owner"], left["enabled"]) == ({"S": "ada"}, {"BOOL": False})
    assert connected.follows.of_leader(LEADER) == []
    [notice] = connected.items("AlertsTable")
    assert (notice["pk"], notice["kind"]) == ({"S": "ben"}, {"S": "leader_gone"})


def test_the_executor_sends_a_paused_account_exits_alone(stack: Stack, start: Start) -> None:
    entries = stack.plan("executor/planned_entry_usdm.json")
    tell = nobody_to_tell(Tables(), stack.clock)
    ManageConnection(stack.register, tell).pause(None, entries[0].account_id)
    start("executor").handler(sample("executor/planned_entry_usdm.json"), CONTEXT)
    [entry] = stack.copy_orders()
    assert (entry.state, entry.reason) == (State.SKIPPED, Reason.ACCOUNT_PAUSED)
    assert stack.book() == {}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"do": "try", "account_id": "nobody"}, "there is no account nobody"),
        ({"do": "pause", "account_id": "nobody"}, "there is no account nobody"),
        ({"do": "list", "account_ids": ["nobody"]}, "there is no account nobody"),
        ({"do": "take", "candidate_id": "key_0"}, "no key waits as key_0"),
        ({"do": "burn"}, "there is nothing like 'burn' to do"),
    ],
)
def test_what_makes_no_sense_is_refused(
    connected: Stack, start: Start, event: dict[str, Any], why: str
) -> None:
    before = connected.contents()
    assert start("connections").handler(event, CONTEXT)["why"] == why
    assert connected.contents() == before
