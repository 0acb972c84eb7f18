"""`pilotfish clients` against a stack on AWS (moto)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from pilotfish.adapters.dynamo.connections import DynamoConnections
from pilotfish.adapters.dynamo.sessions import DynamoSessions
from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Viewer
from pilotfish_local.cli import app
from pilotfish_local.cli.deployed import Deployed
from pilotfish_local.paths import TEMPLATE
from tests.fakes.dynamo import create_tables


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        create_tables(boto3.client("dynamodb"), TEMPLATE, "t-")
        outputs = {"ConnectionsTableName": "t-ConnectionsTable"}
        monkeypatch.setattr(Deployed, "find", lambda stack: Deployed(outputs, boto3.client))
        yield boto3.client("dynamodb")


@pytest.fixture
def connected(aws: Any) -> None:
    sessions = DynamoSessions(aws, "t-ConnectionsTable")
    connections = DynamoConnections(aws, "t-ConnectionsTable", utc_ms)
    for number, user in enumerate(["ada", "ada", "bob"]):
        viewer = Viewer(user)
        sessions.open(f"c{number}", viewer, utc_ms())
        topics = [f"copies|{user}", f"positions|{user}", "price_updates:BTCUSDT"]
        connections.add(f"c{number}", viewer, topics, utc_ms())
    sessions.open("left behind", Viewer("eve"), utc_ms() - 3 * 3_600_000)
    values = [("FramesPosted", 40.0), ("FramesPosted", 2.0), ("EventToPost", 12.0)]
    boto3.client("cloudwatch").put_metric_data(
        Namespace="Pilotfish",
        MetricData=[
            {
                "MetricName": name,
                "Value": value,
                "Dimensions": [{"Name": "service", "Value": "prod"}],
                "Timestamp": datetime.now(UTC),
            }
            for name, value in values
        ],
    )


@pytest.mark.usefixtures("connected")
def test_who_is_connected_and_how_telling_them_goes() -> None:
    told = CliRunner().invoke(app, ["clients", "--stack", "prod"]).stdout
    assert "3 clients of 2 users, 9 subscriptions" in told
    assert "positions: 2 demanded" in told
    assert "price_updates: 1 demanded" in told
    assert "frames posted: 42" in told
    assert "event to post, longest ms: 12" in told


@pytest.mark.usefixtures("connected")
def test_as_json() -> None:
    told = json.loads(CliRunner().invoke(app, ["clients", "--stack", "prod", "--json"]).stdout)
    assert len(told["sessions"]) == 3
    assert told["topics"] == {"positions": 2, "price_updates": 1}
    assert told["figures"]["frames posted"] == 42.0


@pytest.mark.usefixtures("aws")
def test_nobody() -> None:
    result = CliRunner().invoke(app, ["clients", "--stack", "prod"])
    assert result.exit_code == 0
    assert "0 clients of 0 users" in result.stdout
