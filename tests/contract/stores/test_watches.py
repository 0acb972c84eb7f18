"""What is remembered of follows whose losses are limited: the twin and the table alike."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.positions import DynamoPositions
from pilotfish.adapters.dynamo.watches import DynamoWatches
from pilotfish.domain.losses import looked
from tests.fakes import EPOCH_MS
from tests.fakes.watches import MemoryWatches

FIRST = looked(None, Decimal("-12.5"), Decimal(1000), EPOCH_MS)


@pytest.fixture(params=["memory", "dynamo"])
def watches(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryWatches()
    tables = request.getfixturevalue("tables")
    return DynamoWatches(request.getfixturevalue("dynamodb"), tables["PositionsTable"])


def test_a_watch_is_as_it_was_saved(watches: Any) -> None:
    assert watches.of("follow-1") is None
    paused = replace(looked(FIRST, Decimal(3), Decimal(1010), EPOCH_MS + 1), version=4, resume_ms=9)
    assert watches.save("follow-1", paused)
    assert watches.of("follow-1") == paused
    assert watches.of("follow-2") is None


def test_a_look_that_was_overtaken_changes_nothing(watches: Any) -> None:
    later = looked(FIRST, Decimal(3), Decimal(1010), EPOCH_MS + 60_000)
    assert watches.save("follow-1", later)
    assert not watches.save("follow-1", FIRST)
    assert not watches.save("follow-1", later)
    assert watches.of("follow-1") == later


def test_nobody_takes_it_for_a_position(dynamodb: Any, tables: dict[str, str]) -> None:
    DynamoWatches(dynamodb, tables["PositionsTable"]).save("follow-1", FIRST)
    assert DynamoPositions(dynamodb, tables["PositionsTable"]).of_follow("follow-1") == {}
