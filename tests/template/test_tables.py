"""Tables: their keys and indexes, and the care that those with money in them get."""

from __future__ import annotations

from typing import Any

import pytest

from pilotfish.domain.leaders import SORTS
from tests.template.expansion import Resources, of_type

MONEY = {
    "FillsTable",
    "CopyOrdersTable",
    "AccountsTable",
    "FollowsTable",
    "LeadersTable",
    "LedgersTable",
    "PositionsTable",
    "AsidesTable",
    "CorrectionsTable",
    "TrackRecordsTable",
    "PortfoliosTable",
    "HaltsTable",
    "TrailTable",
}
KEYS = {
    "FillsTable": "pk sk",
    "CopyOrdersTable": "pk sk",
    "AccountsTable": "pk",
    "KeysTable": "pk",
    "FollowsTable": "pk sk",
    "LeadersTable": "pk sk",
    "LedgersTable": "pk sk",
    "PositionsTable": "pk sk",
    "CursorsTable": "pk",
    "AsidesTable": "pk sk",
    "CorrectionsTable": "pk sk",
    "TrackRecordsTable": "pk sk",
    "PortfoliosTable": "pk sk",
    "HaltsTable": "pk sk",
    "ExportsTable": "pk sk",
    "TrailTable": "pk sk",
    "WatchlistsTable": "pk sk",
    "HealthTable": "pk",
    "LeasesTable": "pk",
    "InstrumentsTable": "pk",
    "PaperTable": "pk sk",
    "ConnectionsTable": "pk sk",
    "RequestsTable": "pk",
    "SyncSessionsTable": "pk sk",
    "ChannelLogTable": "pk sk:N",
    "AlertsTable": "pk sk",
    "WalletsTable": "pk",
}
INDEXES = {
    ("FillsTable", "written"): ("pk:S written:N", "KEYS_ONLY"),
    ("CopyOrdersTable", "executed"): ("pk:S executed_ms:N", "KEYS_ONLY"),
    ("CorrectionsTable", "by_time"): ("pk:S at_ms:N", "KEYS_ONLY"),
    ("FillsTable", "undecided"): ("undecided:S seen_ms:N", "ALL"),
    ("FillsTable", "by_owner"): ("owner:S sk:S", "KEYS_ONLY"),
    ("CopyOrdersTable", "by_owner"): ("owner:S sk:S", "KEYS_ONLY"),
    ("CopyOrdersTable", "open"): ("open:S moved_ms:N", "ALL"),
    ("CopyOrdersTable", "failed"): ("failed:S moved_ms:N", "KEYS_ONLY"),
    ("CopyOrdersTable", "by_leader"): ("leader_id:S sk:S", "KEYS_ONLY"),
    ("AsidesTable", "waits"): ("waits:S seen_ms:N", "ALL"),
    ("TrailTable", "by_actor"): ("actor:S sk:S", "ALL"),
    ("TrailTable", "every"): ("every:S sk:S", "ALL"),
    ("AccountsTable", "listeners"): ("listen_shard:S pk:S", "ALL"),
    ("AccountsTable", "due"): ("check_shard:S due_ms:N", "KEYS_ONLY"),
    ("AccountsTable", "by_owner"): ("owner:S pk:S", "KEYS_ONLY"),
    ("FollowsTable", "by_owner"): ("owner:S sk:S", "KEYS_ONLY"),
    ("FollowsTable", "ending"): ("ending:S look_ms:N", "ALL"),
    **{
        ("LeadersTable", f"by_{sort.by}"): (f"public:S {sort.by}:N", "ALL")
        for sort in SORTS.values()
    },
    ("AlertsTable", "by_time"): ("pk:S at_ms:N", "ALL"),
    ("ConnectionsTable", "by_connection"): ("connection_id:S pk:S", "KEYS_ONLY"),
    ("SyncSessionsTable", "by_status"): ("status:S started_ms:N", "ALL"),
}


def keys(table: dict[str, Any], schema: list[dict[str, str]]) -> str:
    """`undecided:S seen_ms:N`, partition key first."""
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    assert [part["KeyType"] for part in schema] == ["HASH", "RANGE"][: len(schema)]
    return " ".join(f"{part['AttributeName']}:{types[part['AttributeName']]}" for part in schema)


def test_keys(resources: Resources) -> None:
    tables = of_type(resources, "AWS::DynamoDB::Table")

    assert {name: keys(table, table["KeySchema"]) for name, table in tables.items()} == {
        name: " ".join(part if ":" in part else f"{part}:S" for part in parts.split())
        for name, parts in KEYS.items()
    }


def test_indexes(resources: Resources) -> None:
    found = {
        (name, index["IndexName"]): (
            keys(table, index["KeySchema"]),
            index["Projection"]["ProjectionType"],
        )
        for name, table in of_type(resources, "AWS::DynamoDB::Table").items()
        for index in table.get("GlobalSecondaryIndexes", [])
    }

    assert found == INDEXES


@pytest.mark.parametrize("name", sorted(MONEY))
def test_money_can_be_restored_and_outlives_the_stack(resources: Resources, name: str) -> None:
    table = resources[name]["Properties"]

    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["KeepsData", True, False]}
    assert resources[name]["DeletionPolicy"] == {"Ref": "Retention"}
    assert resources[name]["UpdateReplacePolicy"] == {"Ref": "Retention"}


def test_keys_outlive_the_stack_and_no_backup_of_candidates_is_kept(resources: Resources) -> None:
    table = resources["KeysTable"]

    assert "PointInTimeRecoverySpecification" not in table["Properties"]
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == {"Ref": "Retention"}


def test_retention_is_the_default(template: dict[str, Any]) -> None:
    assert template["Parameters"]["Retention"]["Default"] == "Retain"
    assert template["Conditions"]["KeepsData"] == {"Fn::Equals": [{"Ref": "Retention"}, "Retain"]}


def test_a_table_costs_what_is_used(resources: Resources) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_what_clients_hear_of_has_streams(resources: Resources) -> None:
    streams = {
        name: table["StreamSpecification"]
        for name, table in of_type(resources, "AWS::DynamoDB::Table").items()
        if "StreamSpecification" in table
    }

    view = {"StreamViewType": "NEW_IMAGE"}
    told = "FillsTable", "CopyOrdersTable", "AlertsTable", "SyncSessionsTable"
    assert streams == dict.fromkeys(told, view)


def test_connections_channels_alerts_and_requests_expire(resources: Resources) -> None:
    expiring = {
        name: table["TimeToLiveSpecification"]
        for name, table in of_type(resources, "AWS::DynamoDB::Table").items()
        if "TimeToLiveSpecification" in table
    }

    expires = {"AttributeName": "expires_at", "Enabled": True}
    tables = "ConnectionsTable", "ChannelLogTable", "AlertsTable", "RequestsTable", "KeysTable"
    assert expiring == dict.fromkeys((*tables, "LeadersTable", "ExportsTable"), expires)


def test_the_key_rotates_and_outlives_the_stack(resources: Resources) -> None:
    key = resources["SealingKey"]

    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == {"Ref": "Retention"}
