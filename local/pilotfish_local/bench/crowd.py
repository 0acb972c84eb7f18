"""Many clients of the stack's WebSocket, and when each heard what."""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from typing import Any

import aiohttp

from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url
from pilotfish_local.local_stack import LocalStack

AT_ONCE = 16
ANSWER_S = 30.0
ATTEMPTS = 4
PAUSE_S = 0.5

Message = dict[str, Any]


class Client:
    """One connection; `heard` has the channel, what was told, and when (s, this machine's)."""

    def __init__(self, viewer: Viewer, channels: Sequence[str]) -> None:
        self.viewer = viewer
        self.channels = frozenset(channels)
        self.heard: list[tuple[str, Message, float]] = []
        self._ready = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def connect(self, session: aiohttp.ClientSession, local: LocalStack) -> None:
        """Connected, and subscribed to all of its channels."""
        socket = await self._admitted(session, local)
        self._listening = asyncio.create_task(self._listen(socket))
        for channel in self.channels:
            self._ready.clear()
            await socket.send_str(json.dumps({"action": "subscribe", "channel": channel}))
            async with asyncio.timeout(ANSWER_S):
                await self._ready.wait()

    async def _admitted(
        self, session: aiohttp.ClientSession, local: LocalStack
    ) -> aiohttp.ClientWebSocketResponse:
        """A gateway under load may refuse, and every client tries again."""
        for attempt in range(ATTEMPTS):
            url = await asyncio.to_thread(ticket_url, local, self.viewer, ())
            try:
                return await session.ws_connect(url)
            except aiohttp.WSServerHandshakeError:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(PAUSE_S)
        raise AssertionError

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            at = time.time()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            message = json.loads(frame.data)
            for one in message.get("messages", ()) if message["type"] == "BATCH" else (message,):
                if one["type"] == "ACK":
                    self._ready.set()
                else:
                    self.heard.append((one["channel"], one, at))

    async def close(self) -> None:
        """Hang up."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening


async def connected(
    session: aiohttp.ClientSession, local: LocalStack, clients: Sequence[Client]
) -> float:
    """Connect them all, some at once; how long that took, in seconds."""
    several = asyncio.Semaphore(AT_ONCE)

    async def one(client: Client) -> None:
        async with several:
            await client.connect(session, local)

    began = time.monotonic()
    await asyncio.gather(*(one(client) for client in clients))
    return time.monotonic() - began
