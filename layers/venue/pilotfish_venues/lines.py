"""A WebSocket of a venue that ccxt has no class for: JSON both ways, and never quietly dead."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
from ccxt.base.errors import NetworkError, RequestTimeout

from pilotfish_venues.sessions import Sockets

CONNECT_S = 10.0
MISSED_PINGS = 2
_OVER = frozenset({aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED})


class Line:
    """An open socket. After `ping_s` of silence it pings; a venue that stays mute is dead."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, ping_s: float, ping: object = None
    ) -> None:
        self._socket = socket
        self._ping_s = ping_s
        self._ping = ping
        self._missed = 0

    async def send(self, message: object) -> None:
        """One JSON message."""
        await self._socket.send_str(json.dumps(message))

    async def receive(self) -> Any:
        """The next message, its numbers exact; raises ccxt's errors for a dead socket."""
        while True:
            try:
                frame = await self._socket.receive(self._ping_s)
            except TimeoutError:
                await self._ask_for_life()
                continue
            self._missed = 0
            if frame.type is aiohttp.WSMsgType.TEXT:
                return json.loads(frame.data, parse_float=Decimal)
            if frame.type is aiohttp.WSMsgType.PING:
                await self._socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.ERROR:
                raise NetworkError(f"the socket broke: {frame.data}")
            elif frame.type in _OVER:
                raise NetworkError(f"the venue closed the socket ({self._socket.close_code})")

    async def _ask_for_life(self) -> None:
        """Ping, in the venue's own words where it has any; raises after so many unanswered."""
        if self._missed >= MISSED_PINGS:
            raise RequestTimeout(f"the socket is mute: {MISSED_PINGS} pings went unanswered")
        self._missed += 1
        if self._ping is None:
            await self._socket.ping()
        else:
            await self.send(self._ping)


@asynccontextmanager
async def opened(
    sockets: Sockets, url: str, ping_s: float, ping: object = None
) -> AsyncIterator[Line]:
    """Connect, and hang up at the end."""
    async with asyncio.timeout(CONNECT_S):
        socket = await sockets.ws_connect(url, autoping=False)
    async with socket:
        yield Line(socket, ping_s, ping)
