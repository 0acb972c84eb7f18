"""A client of the stack's WebSocket, connected as an operator."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from pilotfish.adapters.dynamo.tickets import DynamoTickets
from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Viewer
from pilotfish_local.local_stack import LocalStack

Json = dict[str, Any]
FROM_THE_START = ("trades", "copies")
CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)


def ticket_url(local: LocalStack, viewer: Viewer, channels: Iterable[str] = FROM_THE_START) -> str:
    """Where the viewer may connect once, within 30 s, to hear those channels from the start."""
    tickets = DynamoTickets(local.aws.client("dynamodb"), local.name("ConnectionsTable"))
    ticket = tickets.issue(viewer, utc_ms())
    return f"{local.socket_url}?ticket={ticket}&channels={','.join(channels)}"


@asynccontextmanager
async def watching(
    local: LocalStack, viewer: Viewer, tell: Callable[[Json], None]
) -> AsyncIterator[None]:
    """Hand each message to `tell`, in the order of arrival, for as long as the block lasts."""
    url = ticket_url(local, viewer)
    async with aiohttp.ClientSession() as session, session.ws_connect(url, timeout=CLOSING) as ws:
        listening = asyncio.create_task(_listen(ws, tell))
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _listen(socket: aiohttp.ClientWebSocketResponse, tell: Callable[[Json], None]) -> None:
    async for frame in socket:
        if frame.type is aiohttp.WSMsgType.TEXT:
            tell(json.loads(frame.data))
