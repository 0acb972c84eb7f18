"""The functions of the live side, with the tables they read and a local gateway to post to."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.contract.live.conftest import TABLE, create_connections_table
from tests.contract.live.gateway import Gateway, running_gateway
from tests.handlers.conftest import Load


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as server:
        yield server


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, gateway: Gateway, aws: None) -> Any:
    environment = {
        "CONNECTIONS_TABLE": TABLE,
        "ACCOUNTS_TABLE": "accounts",
        "FOLLOWS_TABLE": "follows",
        "SOCKET_ENDPOINT": gateway.url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("dynamodb")
    create_connections_table(client)
    _create(client, "accounts", ["pk"])
    _create(client, "follows", ["pk", "sk"])
    return client


def _create(client: Any, table: str, keys: list[str]) -> None:
    kinds = ["HASH", "RANGE"]
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)
        ],
    )


@pytest.fixture
def load(dynamodb: Any, load: Load) -> Load:
    """Loads functions that find their tables."""
    return load
