"""A client of the running stack's WebSocket, and all that it heard."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url
from pilotfish_local.local_stack import LocalStack

Message = dict[str, Any]


class Client:
    """A connected client, and all that it heard."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.heard: list[tuple[float, Message]] = []

    async def listen(self) -> None:
        async for frame in self._socket:
            message = frame.json()
            some = message["messages"] if message["type"] == "BATCH" else [message]
            self.heard += [(time.monotonic(), each) for each in some]

    async def closed(self, timeout_s: float) -> None:
        """Until the server has ended the connection."""
        deadline = time.monotonic() + timeout_s
        while not self._socket.closed:
            if time.monotonic() > deadline:
                pytest.fail("the connection is still open")
            await asyncio.sleep(0.02)

    async def say(self, **command: Any) -> None:
        await self._socket.send_str(json.dumps(command))

    def of(self, kind: str) -> list[Message]:
        return [message for _, message in self.heard if message["type"] == kind]

    async def until(self, count: int, kind: str, timeout_s: float = 20) -> list[Message]:
        deadline = time.monotonic() + timeout_s
        while len(self.of(kind)) < count:
            if time.monotonic() > deadline:
                kinds = [message["type"] for _, message in self.heard]
                pytest.fail(f"{len(self.of(kind))} of {count} {kind} among {kinds[-20:]}")
            await asyncio.sleep(0.02)
        return self.of(kind)


@asynccontextmanager
async def client(local: LocalStack, viewer: Viewer, *channels: str) -> AsyncIterator[Client]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(ticket_url(local, viewer, channels)) as socket,
    ):
        heard = Client(socket)
        listening = asyncio.create_task(heard.listen())
        yield heard
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
