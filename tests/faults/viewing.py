"""A client that keeps its view whole by numbers alone, whatever becomes of its connections."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url
from pilotfish_local.local_stack import LocalStack

HOLD_S = 0.5
PING_S = 2.0
LOOK_S = 0.1

Message = dict[str, Any]


@dataclass
class View:
    """What a client has seen: each order's newest state, and each fill."""

    orders: dict[str, tuple[int, str]] = field(default_factory=dict)
    fills: set[str] = field(default_factory=set)
    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    foreign: list[Message] = field(default_factory=list)
    steps_back: list[str] = field(default_factory=list)

    def take(self, message: Message) -> None:
        if message["type"] == "TRADE_UPDATE":
            self.fills.add(message["fill"])
        if message["type"] == "COPY_UPDATE":
            seen = self.orders.get(message["order"], (-1, ""))
            if message["revision"] < seen[0]:
                self.steps_back.append(f"{message['order']}: {seen} then {message['revision']}")
                return
            self.orders[message["order"]] = (message["revision"], message["state"])


class Watcher:
    """Reconnects, resumes, and delivers each channel's messages in the order of their numbers."""

    def __init__(
        self,
        local: LocalStack,
        viewer: Viewer,
        channels: tuple[str, ...],
        chance: random.Random,
        reach: Callable[[str], str] = str,
    ) -> None:
        self._local = local
        self._reach = reach
        self.viewer = viewer
        self._chance = chance
        self.view = View()
        self.counts: Counter[str] = Counter()
        self.last: dict[str, int | None] = dict.fromkeys(channels)
        self._held: dict[str, dict[int, Message]] = {name: {} for name in channels}
        self._behind_since: dict[str, float] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.ready = asyncio.Event()
        self._over = False

    async def run(self) -> None:
        """Until `stop`."""
        async with aiohttp.ClientSession() as session:
            while not self._over:
                url = await asyncio.to_thread(ticket_url, self._local, self.viewer, ())
                try:
                    async with session.ws_connect(self._reach(url)) as socket:
                        self._socket = socket
                        await self._converse(socket)
                except (aiohttp.ClientError, ConnectionError, OSError):
                    self.counts["refused"] += 1
                self._socket = None
                await asyncio.sleep(self._chance.uniform(0.05, 0.4))

    def drop(self) -> None:
        """Cut the connection without a word."""
        if self._socket is not None and (transport := self._socket.get_extra_info("socket")):
            with contextlib.suppress(OSError):
                transport.shutdown(2)
            self.counts["dropped"] += 1

    def stop(self) -> None:
        self._over = True
        self.drop()

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        known = {name: seq for name, seq in self.last.items() if seq is not None}
        if known:
            await self._say(socket, action="resume", channels=known)
        for name in self.last.keys() - known.keys():
            await self._say(socket, action="subscribe", channel=name)
        minding = asyncio.create_task(self._mind(socket))
        try:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    continue
                message = json.loads(frame.data)
                for one in message.get("messages", []) if message["type"] == "BATCH" else [message]:
                    self._hear(one)
        finally:
            minding.cancel()

    async def _mind(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ask for what is missing, and now and then whether something is."""
        pinged = 0.0
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            late = [name for name, at in self._behind_since.items() if now - at > HOLD_S]
            wanted = {name: self.last[name] for name in late if self.last[name] is not None}
            if wanted:
                self._behind_since.update(dict.fromkeys(late, now))
                await self._say(socket, action="resume", channels=wanted)
            if now - pinged > PING_S:
                pinged = now
                await self._say(socket, action="ping")

    async def _say(self, socket: aiohttp.ClientWebSocketResponse, **command: Any) -> None:
        self.counts[command["action"]] += 1
        with contextlib.suppress(ConnectionError, aiohttp.ClientError, RuntimeError):
            await socket.send_str(json.dumps(command))

    def _hear(self, message: Message) -> None:
        kind, channel = message["type"], message["channel"]
        if kind in ("ACK", "PONG", "BEHIND"):
            for name, head in message["channels"].items():
                self._learn(name, head)
            if all(seq is not None for seq in self.last.values()):
                self.ready.set()
        elif kind == "SNAPSHOT":
            self.counts["snapshots"] += 1
            self.last[channel] = message["seq"]
            for one in message["messages"]:
                self.view.take(one)
            self._drain(channel)
        elif kind == "ERROR":
            self.counts[message["code"]] += 1
        elif channel not in self.last:
            self.view.foreign.append(message)
        else:
            self._held[channel][message["seq"]] = message
            self._drain(channel)

    def _learn(self, channel: str, head: int) -> None:
        last = self.last[channel]
        if last is None:
            self.last[channel] = head
            self._drain(channel)
        elif head > last:
            self._behind_since.setdefault(channel, time.monotonic())

    def _drain(self, channel: str) -> None:
        last, held = self.last[channel], self._held[channel]
        if last is None:
            return
        for seq in [seq for seq in held if seq <= last]:
            del held[seq]
        while last + 1 in held:
            last += 1
            self.view.numbers[channel].append(last)
            self.view.take(held.pop(last))
            self._behind_since.pop(channel, None)
        self.last[channel] = last
        if held:
            self.counts["ahead"] += 1
            self._behind_since.setdefault(channel, time.monotonic())
