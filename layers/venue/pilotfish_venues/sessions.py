"""The HTTP sessions that all accounts share: one for REST, one for sockets."""

import asyncio
import ssl
import time
from collections.abc import Callable

import aiohttp
import certifi

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

    def sockets(self) -> aiohttp.ClientSession | None:
        """The session for WebSockets; None outside a loop."""
        if not self._in_loop():
            return None
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
