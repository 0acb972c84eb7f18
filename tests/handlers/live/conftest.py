"""Loads a function's app.py on moto and a local gateway, with the environment of the template."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract.live.conftest import TABLE, create_connections_table
from tests.contract.live.gateway import Gateway, running_gateway

ROOT = Path(__file__).parents[3]
KEYS = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}

Load = Callable[[str], ModuleType]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as server:
        yield server


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> Iterator[Any]:
    environment = {
        **KEYS,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "CONNECTIONS_TABLE": TABLE,
        "ACCOUNTS_TABLE": "accounts",
        "FOLLOWS_TABLE": "follows",
        "SOCKET_ENDPOINT": gateway.url,
        "POWERTOOLS_SERVICE_NAME": "pilotfish",
        "POWERTOOLS_METRICS_NAMESPACE": "Pilotfish",
    }
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("dynamodb")
        create_connections_table(client)
        _create(client, "accounts", ["pk"])
        _create(client, "follows", ["pk", "sk"])
        yield client


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
def load(dynamodb: Any) -> Iterator[Load]:
    pushes: list[Any] = []

    def start(function: str) -> ModuleType:
        path = ROOT / "functions" / function / "app.py"
        spec = importlib.util.spec_from_file_location(f"functions_{function}_app", path)
        assert spec is not None
        assert spec.loader is not None
        app = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(app)
        pushes.extend(
            push
            for push in (getattr(app, "push", None), _push_of(getattr(app, "broadcast", None)))
            if push is not None
        )
        return app

    yield start
    for push in pushes:
        push.close()


def _push_of(broadcast: Any) -> Any:
    return getattr(broadcast, "_push", None)


def sample(path: str) -> Any:
    return json.loads((ROOT / "events" / path).read_text())


def samples(function: str) -> list[str]:
    return sorted(f"{function}/{path.name}" for path in (ROOT / "events" / function).glob("*.json"))
