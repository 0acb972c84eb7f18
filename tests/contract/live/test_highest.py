"""How far a user's copies ever stood, whoever tells the risk."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.highest import KEEP_S, DynamoHighest
from tests.unit.live.twins import MemoryHighest

T0 = 1_763_726_400_000
KEEP_MS = KEEP_S * 1000


@pytest.fixture(params=["memory", "dynamodb"])
def worker(request: pytest.FixtureRequest) -> Callable[[], Any]:
    if request.param == "memory":
        twin = MemoryHighest()
        return lambda: twin
    client = request.getfixturevalue("dynamodb")
    return lambda: DynamoHighest(client, "ChannelLogTable")


def test_it_is_known_to_every_worker_and_never_lowered(worker: Callable[[], Any]) -> None:
    assert worker().of("ada", T0) is None
    for total in ("-3.5", "12.25", "7"):
        worker().raise_to("ada", Decimal(total), T0)
    assert worker().of("ada", T0) == Decimal("12.25")
    assert worker().of("bob", T0) is None


def test_the_same_again_keeps_it_and_what_is_not_kept_begins_anew(
    worker: Callable[[], Any],
) -> None:
    worker().raise_to("ada", Decimal(12), T0)
    worker().raise_to("ada", Decimal(12), T0 + KEEP_MS - 1_000)
    assert worker().of("ada", T0 + KEEP_MS + 1_000) == 12
    worker().raise_to("ada", Decimal(3), T0 + 2 * KEEP_MS)
    assert worker().of("ada", T0 + 2 * KEEP_MS) == 3
