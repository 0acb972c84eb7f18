"""The same commands over HTTP, where WebSockets are blocked.

Each `POST` carries one command as a WebSocket would, and its answer is a JSON list of what the
WebSocket would bring, the command's answer last. What is new is asked for by `resume`, which
brings how states are too.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from pilotfish.client.errors import Disconnected
from pilotfish.client.requests import post
from pilotfish.client.wires import Address, Token, Wire, bearer, current
from pilotfish.domain.channels import UnknownChannel, parse_channel
from pilotfish.domain.commands import CHANNELS_AT_ONCE

Json = dict[str, Any]


class HttpPolling:
    """`interval` seconds between two looks."""

    def __init__(self, address: Address, token: Token = None, *, interval: float = 2.0) -> None:
        self._address = address
        self._token = token
        self._interval = interval

    async def open(self) -> Wire:
        """A wire that looks by itself for what is new."""
        return _Polled(await current(self._address), await bearer(self._token), self._interval)


class _Polled:
    def __init__(self, url: str, headers: Mapping[str, str], interval: float) -> None:
        self._url = url
        self._headers = headers
        self._last: dict[str, int] = {}
        self._shown: dict[str, Json] = {}
        self._frames: asyncio.Queue[str | Disconnected] = asyncio.Queue()
        self._looking = asyncio.create_task(self._look(interval))

    async def send(self, frame: str) -> None:
        command = json.loads(frame)
        answers = await self._post(command)
        self._note(command, answers[-1] if answers else {})
        for each in answers:
            self._is_shown(each)
            self._frames.put_nowait(json.dumps(each))

    async def receive(self) -> str:
        frame = await self._frames.get()
        if isinstance(frame, Disconnected):
            raise frame
        return frame

    async def close(self) -> None:
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        self._frames.put_nowait(Disconnected("closed here"))

    async def _look(self, interval: float) -> None:
        try:
            while True:
                await asyncio.sleep(interval)
                await self._look_once()
        except Exception as error:  # noqa: BLE001 - whatever it was, this wire is of no more use
            self._frames.put_nowait(Disconnected(f"polling ended: {error}"))

    async def _look_once(self) -> None:
        names = sorted(self._last)
        for at in range(0, len(names), CHANNELS_AT_ONCE):
            some = {name: self._last[name] for name in names[at : at + CHANNELS_AT_ONCE]}
            found = await self._post({"action": "resume", "channels": some})
            self._note({}, found[-1] if found else {})
            for each in found:
                if not self._is_shown(each):
                    self._frames.put_nowait(json.dumps(each))

    def _is_shown(self, message: Json) -> bool:
        """Whether a state is what it was when it was told last, but for its number; it is now."""
        name = message.get("channel") or ""
        if not _of_states(name):
            return False
        same = {**message, "seq": 0}
        before, self._shown[name] = self._shown.get(name), same
        return before == same

    def _note(self, command: Json, answer: Json) -> None:
        """What is listened to, and up to where it is known."""
        if answer.get("type") != "ACK":
            return
        named = (command.get("channel"), answer.get("channel"), *command.get("channels", ()))
        asked = {name for name in named if name}
        if command.get("action") in ("unsubscribe", "unsubscribe_ticker"):
            for name in asked:
                self._last.pop(name, None)
            return
        self._last |= {name: 0 for name in asked if _of_states(name)}
        for name, seq in answer.get("channels", {}).items():
            if not _of_states(name) and (name in asked or name in self._last):
                self._last[name] = seq

    async def _post(self, command: Json) -> list[Json]:
        body = json.dumps(command).encode()
        found = await asyncio.to_thread(post, self._url, body, self._headers)
        some = found if isinstance(found, list) else [found]
        return [each for each in some if isinstance(each, dict)]


def _of_states(name: str) -> bool:
    try:
        return parse_channel(name).of_states
    except UnknownChannel:
        return False
