"""The functions of the live side, with the tables they read and a local gateway to post to."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.clock import utc_ms
from pilotfish.domain.instruments import Instrument, Kind
from tests.contract.live.gateway import Gateway, running_gateway
from tests.fakes.dynamo import create_tables
from tests.handlers.conftest import ROOT, Load
from tests.unit.live.orders import FILL

BTC = Instrument(
    symbol=FILL.symbol,
    kind=Kind.LINEAR,
    lot=FILL.quantity,
    tick=FILL.quantity,
    min_quantity=FILL.quantity,
    min_notional=FILL.quantity,
)
SETTINGS = {
    "VENUES": "binance,binanceusdm",
    "MARKET_FUNCTION": "",
    "ALLOWED_ORIGINS": "https://app.example",
    "TOKEN_ISSUER": "",
    "TOKEN_AUDIENCE": "",
    "TOKEN_KEYS": "",
}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as server:
        yield server


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, gateway: Gateway, aws: None) -> Any:
    client = boto3.client("dynamodb")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SOCKET_ENDPOINT", gateway.url)
    for logical_id, name in create_tables(client, ROOT / "template.yaml", "").items():
        words = "".join(f"_{c}" if c.isupper() else c for c in logical_id.removesuffix("Table"))
        monkeypatch.setenv(f"{words.strip('_').upper()}_TABLE", name)
    DynamoInstruments(client, "InstrumentsTable", utc_ms).publish("binanceusdm", [BTC], utc_ms())
    return client


@pytest.fixture
def load(dynamodb: Any, load: Load) -> Load:
    """Loads functions that find their tables."""
    return load
