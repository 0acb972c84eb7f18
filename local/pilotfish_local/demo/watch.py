"""A client of the stack's WebSocket, connected as an operator."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from pilotfish.adapters.dynamo.tickets import DynamoTickets
from pilotfish.client import Feed, LiveClient, Options
from pilotfish.clock import utc_ms
from pilotfish.domain.messages import Snapshot, members
from pilotfish.domain.viewers import Viewer
from pilotfish_local.local_stack import LocalStack

Json = dict[str, Any]
FROM_THE_START = ("trades", "copies")
OPTIONS = Options(queue=10_000)


def ticket_url(local: LocalStack, viewer: Viewer, channels: Iterable[str] = FROM_THE_START) -> str:
    """Where the viewer may connect once, within 30 s, to hear those channels from the start."""
    tickets = DynamoTickets(local.aws.client("dynamodb"), local.name("ConnectionsTable"))
    ticket = tickets.issue(viewer, utc_ms())
    return f"{local.socket_url}?ticket={ticket}&channels={','.join(channels)}"


def client_of(local: LocalStack, viewer: Viewer, options: Options = OPTIONS) -> LiveClient:
    """A client with a fresh ticket for each connection; it says itself what it listens to."""
    return LiveClient(lambda: ticket_url(local, viewer, ()), options=options)


@asynccontextmanager
async def watching(
    local: LocalStack, viewer: Viewer, tell: Callable[[Json], None]
) -> AsyncIterator[None]:
    """Hand each fill and each change of a copy to `tell`, for as long as the block lasts."""
    async with client_of(local, viewer) as client:
        feeds = [await client.feed(channel).ready() for channel in FROM_THE_START]
        listening = [asyncio.create_task(_hand_on(feed, tell)) for feed in feeds]
        try:
            yield
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)


async def _hand_on(feed: Feed[Any], tell: Callable[[Json], None]) -> None:
    async for message in feed:
        for each in message.messages if isinstance(message, Snapshot) else (message,):
            tell(each if isinstance(each, dict) else members(each))
