"""The HTTP sessions that all accounts share: one for REST, one for sockets."""

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import aiohttp
import certifi
from ccxt.base.errors import NetworkError

from pilotfish_venues.throttle import SharedBudget

# ccxt gives a connection 10 s to stand.
SOCKET_PATIENCE_S = 5.0
IDLE_S = 30.0
_KEEP_ALIVE_S = 15.0


class Sessions:
    """Sessions of the running loop, made when first asked for.

    A function that was frozen wakes up with connections that the venue closed long ago, and an
    order sent on one of them would have an unknown outcome. So after `IDLE_S` without a request
    by the wall clock, which is longer than any request may take, REST starts on new connections.
    """

    def __init__(self, *, secure: bool = True, wall_s: Callable[[], float] = time.time) -> None:
        self._secure = secure
        self._ssl: ssl.SSLContext | None = None
        self._wall_s = wall_s
        self._used_at = wall_s()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rest: aiohttp.ClientSession | None = None
        self._sockets: aiohttp.ClientSession | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def rest(self) -> aiohttp.ClientSession | None:
        """The session for requests; None outside a loop."""
        if not self._in_loop():
            return None
        now = self._wall_s()
        if self._rest is not None and abs(now - self._used_at) > IDLE_S:
            self._retire(self._rest)
            self._rest = None
        self._used_at = now
        if self._rest is None:
            self._rest = self._open()
        return self._rest

    def sockets(self) -> aiohttp.ClientSession:
        """The session for WebSockets, within a loop."""
        self._in_loop()
        if self._sockets is None:
            self._sockets = self._open()
        return self._sockets

    def _in_loop(self) -> bool:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if loop is not self._loop:
            # The connections of another loop are dead with it.
            self._loop, self._rest, self._sockets = loop, None, None
        return True

    def _retire(self, session: aiohttp.ClientSession) -> None:
        task = asyncio.get_running_loop().create_task(session.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close every connection."""
        open_now = [session for session in (self._rest, self._sockets) if session is not None]
        self._rest = self._sockets = None
        await asyncio.gather(*(session.close() for session in open_now), *self._closing)

    def _open(self) -> aiohttp.ClientSession:
        """No cookie jar: accounts share the session and must share nothing else."""
        if self._secure and self._ssl is None:
            self._ssl = ssl.create_default_context(cafile=certifi.where())
        connector = aiohttp.TCPConnector(
            ssl=self._ssl or True, keepalive_timeout=_KEEP_ALIVE_S, happy_eyeballs_delay=0
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


class Sockets:
    """Opens a venue's sockets, no more of them than it lets an address open.

    ccxt's socket classes make their few requests over the same session.
    """

    def __init__(self, sessions: Sessions, budget: SharedBudget | None) -> None:
        self._sessions = sessions
        self._budget = budget

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sessions.sockets(), name)

    def ws_connect(self, url: str, **options: Any) -> "_Opening":
        """As aiohttp; raises `NetworkError` rather than waiting long for the venue's limit."""
        return _Opening(self._connect(url, **options))

    async def _connect(self, url: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        if self._budget is not None:
            try:
                async with asyncio.timeout(SOCKET_PATIENCE_S):
                    await self._budget.take(0, 1.0)
            except TimeoutError:
                words = "as many sockets were opened here as the venue lets an address open"
                raise NetworkError(words) from None
        connecting: Coroutine[Any, Any, Any] = self._sessions.sockets().ws_connect(url, **options)
        socket: aiohttp.ClientWebSocketResponse = await connecting
        return socket


class _Opening:
    """To be awaited or entered, as ccxt and we do."""

    def __init__(self, connecting: Coroutine[Any, Any, aiohttp.ClientWebSocketResponse]) -> None:
        self._connecting = connecting

    def __await__(self) -> Generator[Any, None, aiohttp.ClientWebSocketResponse]:
        return self._connecting.__await__()

    async def __aenter__(self) -> aiohttp.ClientWebSocketResponse:
        return await self._connecting
