"""Stop-loss and take-profit orders as venues tell them, and what is left out of them."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from pilotfish.domain.copied_levels import READ_ON
from pilotfish.domain.errors import Rejected
from pilotfish.domain.levels import Level
from pilotfish_venues.levels import LEVELS
from pilotfish_venues.table import VENUES
from tests.contract.venues.loopback import Loopback, listening
from tests.contract.venues.opening import open_account, out_of
from tests.contract.venues.recordings import Recording

CASES = json.loads((Path(__file__).parent / "recorded_levels.json").read_text(encoding="utf-8"))


@pytest.fixture
async def host() -> AsyncIterator[Loopback]:
    async with listening(Loopback()) as loopback:
        yield loopback


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def plain(level: Level) -> list[str | None]:
    def text(value: Decimal | None) -> str | None:
        return None if value is None else format(value.normalize(), "f")

    how = level.position_side.value, level.side.value, level.kind.value
    return [*how, text(level.price), text(level.quantity)]


@pytest.mark.parametrize("venue", list(LEVELS))
async def test_what_closes_a_position_is_told_and_nothing_else(
    venue: str, host: Loopback, stack: AsyncExitStack
) -> None:
    recording, case = Recording(venue), CASES[venue]
    account = await open_account(stack, host, recording)
    host.answers = recording.answers(case)

    found = await account.levels([*case["symbols"], "GONE/USDT:USDT"])

    assert [plain(level) for level in found] == case["become"]
    assert {level.symbol for level in found} == set(case["symbols"])
    assert out_of(host, recording, case["sent"]) == case["sent"]
    assert host.strange == []


@pytest.mark.parametrize("venue", list(LEVELS))
async def test_of_nothing_that_is_held_nothing_is_asked(
    venue: str, host: Loopback, stack: AsyncExitStack
) -> None:
    account = await open_account(stack, host, Recording(venue))
    assert await account.levels([]) == []
    assert host.sent == []


@pytest.mark.parametrize("venue", sorted(set(VENUES) - set(LEVELS)))
async def test_where_they_cannot_be_read_that_is_said(
    venue: str, host: Loopback, stack: AsyncExitStack
) -> None:
    account = await open_account(stack, host, Recording(venue))
    with pytest.raises(Rejected, match="cannot be read"):
        await account.levels(["BTC/USDT:USDT"])


def test_the_rule_is_allowed_where_they_are_read_and_nowhere_else() -> None:
    assert set(LEVELS) == READ_ON == set(CASES)
