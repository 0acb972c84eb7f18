"""A gateway that restarts: all its sockets end at once, and it is away for a while.

The embedded AWS cannot restart without losing what it holds, so clients reach its gateway through
this. What a restart leaves behind is kept: the stack's rows of connections that are gone. For a
while posts to them go nowhere, as with a process that died; then they are answered 410.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536


class Front:
    """Passes bytes on between clients and the gateway behind `url`."""

    def __init__(self, url: str) -> None:
        self._behind = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._clients: set[asyncio.StreamWriter] = set()
        self._gateway: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.restarts = 0
        self.ended = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Front"]:
        await self._listen()
        try:
            yield self
        finally:
            await self._stop_listening()
            self._cut(self._clients)
            self._cut(self._gateway)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def reach(self, url: str) -> str:
        """The same address, by this way."""
        return urlunsplit(urlsplit(url)._replace(netloc=f"127.0.0.1:{self._port}"))

    async def restart(self, away_s: float, forgotten_s: float) -> None:
        """Every client is cut off; the gateway itself learns of it only after `forgotten_s`."""
        await self._stop_listening()
        self.restarts += 1
        left, self._gateway = self._gateway, set()
        self.ended += self._cut(self._clients)
        await asyncio.sleep(away_s)
        await self._listen()
        await asyncio.sleep(max(0.0, forgotten_s - away_s))
        self._cut(left)

    def _cut(self, writers: set[asyncio.StreamWriter]) -> int:
        """Without a closing handshake, as from a process that died."""
        some = list(writers)
        writers.clear()
        for writer in some:
            writer.transport.abort()
        return len(some)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._clients.add(writer)
        try:
            there = await asyncio.open_connection(self._behind.hostname, self._behind.port)
            self._gateway.add(there[1])
            ways = (_copy(reader, there[1]), _copy(there[0], writer, deaf=self._clients))
            await asyncio.gather(*ways)
        except OSError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            self._clients.discard(writer)


async def _copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    deaf: set[asyncio.StreamWriter] | None = None,
) -> None:
    """Until one side ends; what is for a client that was cut off goes nowhere."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            if deaf is not None and writer not in deaf:
                continue
            writer.write(chunk)
            await writer.drain()
    if deaf is not None:
        writer.close()
