"""A server on the loopback, and a client of it that is in a hurry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pilotfish.client import Feed, LiveClient, Options
from tests.fakes.live_server import LiveServer

HASTY = {
    "first_wait": 0.02,
    "longest_wait": 0.2,
    "min_connected": 30.0,
    "patience": 0.05,
    "answer_timeout": 1.0,
    "connect_timeout": 2.0,
    "command_timeout": 10.0,
    "commands_a_second": 1000,
}
NewClient = Callable[..., LiveClient]


@pytest.fixture
async def server() -> AsyncIterator[LiveServer]:
    async with LiveServer().running() as running:
        yield running


@pytest.fixture
def new_client(server: LiveServer) -> NewClient:
    def new(**options: float) -> LiveClient:
        return LiveClient(server.url, options=Options(**{**HASTY, **options}))  # type: ignore[arg-type]

    return new


async def take(feed: Feed[Any], count: int) -> list[int]:
    """The numbers of the next messages."""
    async with asyncio.timeout(20):
        return [(await feed.get()).seq for _ in range(count)]


async def until(so: Callable[[], object]) -> None:
    """Wait for it; a test that waits in vain fails."""
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
