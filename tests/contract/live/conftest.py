"""The template's tables, on moto."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pilotfish.adapters.dynamo.channel_log import DynamoChannelLog
from pilotfish.adapters.dynamo.connections import DynamoConnections
from tests.fakes.dynamo import create_tables
from tests.handlers.conftest import ROOT
from tests.unit.live.twins import MemoryConnections, MemoryLog, Time

TABLE = "ConnectionsTable"
LOG = "ChannelLogTable"


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="example",
        )
        create_tables(client, ROOT / "template.yaml", "")
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def worker(request: pytest.FixtureRequest, clock: Time) -> Callable[[], Any]:
    """Makes another worker on the same connections: each has a memory of its own."""
    if request.param == "memory":
        twin = MemoryConnections(clock)
        return lambda: twin
    client = request.getfixturevalue("dynamodb")
    return lambda: DynamoConnections(client, TABLE, clock)


@pytest.fixture(params=["memory", "dynamodb"])
def log_worker(request: pytest.FixtureRequest, clock: Time) -> Callable[[], Any]:
    """Makes another worker on the same log: each has a memory of its own."""
    if request.param == "memory":
        twin = MemoryLog(clock)
        return lambda: twin
    client = request.getfixturevalue("dynamodb")
    return lambda: DynamoChannelLog(client, LOG, clock)
