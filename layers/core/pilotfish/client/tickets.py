"""Addresses with a ticket of the HTTP API, which is what a browser has in place of a header."""

import asyncio
from urllib.parse import quote

from pilotfish.client.errors import Disconnected
from pilotfish.client.requests import post
from pilotfish.client.wires import Token, bearer


class Tickets:
    """`LiveClient(Tickets(socket_url, api_url, token))`: asked for one before each connection."""

    def __init__(self, socket_url: str, api_url: str, token: Token) -> None:
        self._socket_url = socket_url
        self._api_url = api_url.rstrip("/")
        self._token = token

    async def __call__(self) -> str:
        """Where to connect once; raises `NotAdmitted` and `Disconnected`."""
        headers = await bearer(self._token)
        told = await asyncio.to_thread(post, f"{self._api_url}/tickets", b"", headers)
        if not isinstance(told, dict) or not isinstance(told.get("ticket"), str):
            raise Disconnected("the server answered without a ticket")
        return f"{self._socket_url}?ticket={quote(told['ticket'], safe='')}"
