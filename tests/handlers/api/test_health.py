"""How everything is, as anybody is told."""

from typing import Any

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.adapters.dynamo.leases import DynamoLeases
from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
from pilotfish.clock import utc_ms
from tests.fakes.samples import a_session, an_account, an_instrument
from tests.handlers.api.conftest import Call


def parts(call: Call) -> dict[str, str]:
    told = call("GET", "/health").body
    return {part["name"]: part["fitness"] for part in told["parts"]}


def test_nothing_runs_at_first(call: Call) -> None:
    told = call("GET", "/health").body
    assert told["fitness"] == "down"
    found = parts(call)
    assert {name for name, fitness in found.items() if fitness != "ok"} == {
        "poller",
        "instruments",
    }


def test_all_is_well(call: Call, dynamodb: Any) -> None:
    DynamoLeases(dynamodb, "LeasesTable").acquire("0", "run", utc_ms(), 60_000)
    instruments = DynamoInstruments(dynamodb, "InstrumentsTable", utc_ms)
    for venue in ("okx", "gate"):
        instruments.publish(venue, [an_instrument()], utc_ms())
    told = call("GET", "/health").body
    assert (told["fitness"], set(parts(call).values())) == ("ok", {"ok"})


def test_connections_are_the_caller_s_own(call: Call, dynamodb: Any) -> None:
    accounts = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
    accounts.save(an_account("ada-1", owner="ada", venue="okx", listen_shard="0"))
    accounts.save(an_account("ben-1", owner="ben"))
    [mine] = call("GET", "/health").body["connections"]
    assert (mine["account_id"], mine["leads"], mine["well"]) == ("ada-1", True, False)
    assert [c["account_id"] for c in call("GET", "/health", user="ben").body["connections"]] == [
        "ben-1"
    ]


def test_back_fills_are_the_caller_s_own(call: Call, dynamodb: Any) -> None:
    accounts = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
    sessions = DynamoSyncSessions(dynamodb, "SyncSessionsTable")
    for owner in ("ada", "ben"):
        accounts.save(an_account(f"{owner}-1", owner=owner))
        sessions.begin(a_session(account_id=f"{owner}-1", owner=owner))
    [mine] = call("GET", "/syncs").body["syncs"]
    assert (mine["account_id"], mine["status"], mine["pages"]) == ("ada-1", "RUNNING", 0)
    assert call("GET", "/syncs", user="eve").body == {"syncs": []}
