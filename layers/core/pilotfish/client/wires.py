"""What frames go over: a WebSocket, or whatever behaves like one."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from pilotfish.client.errors import Disconnected, NotAdmitted

FRAME = 2**20
CLOSING_S = 0.5
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")

Address = str | Callable[[], str | Awaitable[str]]
"""A URL, or what gives one: a ticket is good for one connection, so each asks for another."""
Token = str | Callable[[], str | Awaitable[str]] | None
"""A bearer token, or what gives one, for programs; a browser has tickets."""


class Wire(Protocol):
    """An open connection; both ways raise `Disconnected` once it has ended."""

    async def send(self, frame: str) -> None: ...

    async def receive(self) -> str | bytes:
        """The next frame; may be cancelled without losing one."""

    async def close(self) -> None: ...


class Transport(Protocol):
    """How a connection is made; raises `NotAdmitted`, `Disconnected` or `OSError`."""

    async def open(self) -> Wire: ...


async def current(value: Address | Token) -> str:
    """The URL or token now; what is not a coroutine function runs in a thread."""
    if value is None or isinstance(value, str):
        return value or ""
    if inspect.iscoroutinefunction(value):
        found = await value()
    else:
        found = await asyncio.to_thread(value)
        if inspect.isawaitable(found):
            found = await found
    return str(found)


async def bearer(token: Token) -> Mapping[str, str]:
    """The header, if there is a token."""
    found = await current(token)
    return {"Authorization": f"Bearer {found}"} if found else {}


class WebSockets:
    """By the library `websockets`; the gateway does not count protocol pings, so none are sent.

    By the proxy that the environment names, but not to this machine itself.
    """

    def __init__(self, address: Address, token: Token = None) -> None:
        self._address = address
        self._token = token

    async def open(self) -> Wire:
        """Connected and admitted."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidStatus, WebSocketException

        url, headers = await current(self._address), await bearer(self._token)
        try:
            socket = await connect(
                url,
                additional_headers=headers,
                ping_interval=None,
                max_size=FRAME,
                close_timeout=CLOSING_S,
                open_timeout=None,
                proxy=None if urlsplit(url).hostname in OWN_MACHINE else True,
            )
        except InvalidStatus as refusal:
            status = refusal.response.status_code
            if status in (401, 403):
                raise NotAdmitted(f"the server answered {status}") from None
            raise Disconnected(f"the server answered {status}") from None
        except WebSocketException as error:
            raise Disconnected(str(error)) from error
        return _Socket(socket)


class _Socket:
    def __init__(self, socket: object) -> None:
        from websockets.asyncio.client import ClientConnection

        assert isinstance(socket, ClientConnection)  # noqa: S101 - for the types
        self._socket = socket

    async def send(self, frame: str) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(frame)
        except ConnectionClosed as ended:
            raise _disconnected(ended) from None

    async def receive(self) -> str | bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            return await self._socket.recv()
        except ConnectionClosed as ended:
            raise _disconnected(ended) from None

    async def close(self) -> None:
        await self._socket.close()


def _disconnected(ended: Exception) -> Disconnected:
    from websockets.exceptions import ConnectionClosed

    received = ended.rcvd if isinstance(ended, ConnectionClosed) else None
    return Disconnected(str(ended), received.code if received else None)
