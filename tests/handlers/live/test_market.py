"""The market function: sessions end in time, connections are counted, and nobody costs nothing."""

import json
from typing import Any

import pytest

from pilotfish.adapters.dynamo.sessions import DynamoSessions
from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Viewer
from tests.contract.live.gateway import Gateway
from tests.handlers.conftest import Load, sample


@pytest.fixture
def load(load: Load, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.setenv("RUN_SECONDS", "5")
    monkeypatch.setenv("VENUE_ENDPOINTS", "")
    return load


def metrics(capsys: pytest.CaptureFixture[str]) -> Any:
    lines = capsys.readouterr().out.splitlines()
    (emf,) = [json.loads(line) for line in lines if '"_aws"' in line]
    return emf


def test_a_minute_ends_sessions_and_counts_the_others(
    load: Load, dynamodb: Any, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions = DynamoSessions(dynamodb, "ConnectionsTable")
    sessions.open("ended", Viewer("ada", until_ms=utc_ms() - 1), utc_ms())
    sessions.open("here", Viewer("ada", until_ms=utc_ms() + 60_000), utc_ms())
    sessions.open("always", Viewer("bob"), utc_ms())
    sessions.open("left behind", Viewer("bob"), utc_ms() - 3 * 3_600_000)

    assert load("market").handler(sample("market/schedule.json"), None) == {"ran": False}

    assert gateway.hung_up == ["ended"]
    assert {s.connection_id for s in sessions.all()} == {"here", "always", "left behind"}
    told = metrics(capsys)
    assert (told["ConnectedClients"], told["SessionsEnded"]) == ([2.0], [1.0])
    assert "user" not in str(told["_aws"]["CloudWatchMetrics"]).lower()


def test_who_is_woken_for_nothing_goes_back_to_sleep(load: Load) -> None:
    assert load("market").handler(sample("market/woken.json"), None) == {"ran": False}
