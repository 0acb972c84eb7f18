"""A server of the live protocol on the loopback that misbehaves as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from pilotfish.domain.channels import parse_channel

Json = dict[str, Any]
Hook = Callable[[ServerConnection, int], Awaitable[bool]]
"""Is given a connection and its number, from 1; False: it is not served."""


@dataclass
class LiveServer:
    """`log` has what each channel told; `keeps`: from which number on it can be told again.

    `states` are how channels of states are, for who polls.
    """

    log: dict[str, list[Json]] = field(default_factory=dict)
    keeps: int = 1
    on_connect: Hook | None = None
    mute: bool = False
    status: HTTPStatus | None = None
    refusals: dict[str, Json] = field(default_factory=dict)
    states: dict[str, Json] = field(default_factory=dict)
    polled: list[Json] = field(default_factory=list)
    heard: list[Json] = field(default_factory=list)
    connected_at: list[float] = field(default_factory=list)
    open: dict[ServerConnection, set[str]] = field(default_factory=dict)
    _server: Server | None = None

    @property
    def url(self) -> str:
        assert self._server
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}/live"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with serve(
            self._serve, "127.0.0.1", 0, close_timeout=0.2, process_request=self._admit
        ) as self._server:
            yield self

    async def tell(self, channel: str, *, sent: bool = True) -> Json:
        """The channel's next event; not sent, it is lost on the way."""
        told = self.log.setdefault(channel, [])
        told.append(trade(channel, len(told) + 1))
        if sent:
            await self.send(told[-1])
        return told[-1]

    async def send(self, message: Json | str | bytes) -> None:
        """As it is, to whoever listens to its channel; text to everybody."""
        text = json.dumps(message) if isinstance(message, dict) else message
        for socket, channels in list(self.open.items()):
            if not isinstance(message, dict) or message.get("channel") in (None, *channels):
                await _send(socket, text)

    async def hang_up(self, code: int = 1001) -> None:
        for socket in list(self.open):
            await socket.close(code)

    def asked(self, action: str) -> list[Json]:
        return [command for command in self.heard if command["action"] == action]

    def _admit(self, socket: ServerConnection, _request: Any) -> Response | None:
        return socket.respond(self.status, "") if self.status else None

    async def _serve(self, socket: ServerConnection) -> None:
        self.connected_at.append(asyncio.get_running_loop().time())
        if self.on_connect and not await self.on_connect(socket, len(self.connected_at)):
            return
        self.open[socket] = set()
        try:
            async for frame in socket:
                command = json.loads(frame)
                self.heard.append(command)
                if not self.mute:
                    await self._answer(socket, command)
        except ConnectionClosed:
            pass
        finally:
            self.open.pop(socket, None)

    async def _answer(self, socket: ServerConnection, command: Json) -> None:
        for message in self.answers(command):
            await _send(socket, json.dumps(message))
        if command["action"] in ("subscribe", "resume"):
            names = command.get("channels") or [command["channel"]]
            self.open[socket] |= set(names) - set(self.refusals)
        elif command["action"] == "unsubscribe":
            self.open[socket].discard(command["channel"])

    def posted(self, command: Json) -> list[Json]:
        """What who polls is answered."""
        self.polled.append(command)
        *events, answer = self.answers(command)
        names = command.get("channels", ()) if command["action"] == "resume" else ()
        return [*events, *(self.states[name] for name in names if name in self.states), answer]

    def answers(self, command: Json) -> list[Json]:
        names = command.get("channels") or [command.get("channel", "")]
        for name in (command["action"], *names):
            if name in self.refusals:
                return [
                    {"type": "ERROR", "id": command["id"], "timestamp": 1} | self.refusals[name]
                ]
        if command["action"].endswith("_ticker"):
            names = [f"price_updates:{command['symbol']}"]
        answer = {"id": command.get("id"), "channel": None, "seq": None, "timestamp": 1}
        if command["action"] == "get_positions":
            answer |= {"channel": "positions", "seq": 7}
            return [answer | {"type": "POSITION_UPDATE", "positions": []}]
        if command["action"] == "replay":
            page = self.log[command["channel"]][int(command.get("next") or 0) :][:2]
            following = int(command.get("next") or 0) + 2
            more = following < len(self.log[command["channel"]])
            return [
                answer
                | {"type": "HISTORY", "messages": page, "next": str(following) if more else None}
            ]
        if command["action"] == "ping":
            return [answer | {"type": "PONG", "channels": self._heads(self.log)}]
        missed = self._missed(command) if command["action"] == "resume" else []
        about = next(iter(names)) if len(names) == 1 else None
        ack = {"type": "ACK", "channel": about, "channels": self._heads(names)}
        return [*missed, answer | ack]

    def _missed(self, command: Json) -> list[Json]:
        found = []
        for name, last in command["channels"].items():
            told = self.log.get(name, [])
            if last > len(told) or (last + 1 < self.keeps and last < len(told)):
                found.append(
                    {
                        "type": "SNAPSHOT",
                        "channel": name,
                        "seq": len(told),
                        "timestamp": 1,
                        "complete": True,
                        "messages": told[-2:],
                    }
                )
            elif told[last:]:
                found.append({"type": "BATCH", "messages": told[last:]})
        return found

    def _heads(self, names: Any) -> dict[str, int]:
        return {n: len(self.log.get(n, [])) for n in names if not parse_channel(n).of_states}


def trade(channel: str, seq: int) -> Json:
    """A leader's fill, told under a number."""
    return {
        "type": "TRADE_UPDATE",
        "timestamp": 1_000 + seq,
        "channel": channel,
        "seq": seq,
        "fill": f"t{seq}",
        "leader": "ada",
        "venue": "binanceusdm",
        "symbol": "BTC/USDT:USDT",
        "side": "buy",
        "position_side": "both",
        "price": "100.5",
        "quantity": "0.02",
        "fee": "0.001",
        "fee_currency": "USDT",
        "seen_ms": 1_001 + seq,
    }


def price(symbol: str, seq: int, value: float) -> Json:
    """A market now."""
    return {
        "type": "MARKET_UPDATE",
        "timestamp": seq,
        "channel": f"price_updates:{symbol}",
        "seq": seq,
        "symbol": symbol,
        "price": value,
        "priceChange": None,
        "priceChangePercent": None,
        "high": None,
        "low": None,
        "volume": None,
    }


def risk(seq: int, gross: float) -> Json:
    """A user's risk now."""
    names = (
        "net_exposure",
        "largest_position",
        "concentration",
        "unrealized_pnl",
        "total_pnl",
        "drawdown",
    )
    figures = dict.fromkeys(names, 0.0) | {"positions_count": 1, "stale": False}
    return {
        "type": "RISK_UPDATE",
        "timestamp": seq,
        "channel": "risk_metrics_updates",
        "seq": seq,
        "risk": {"gross_exposure": gross} | figures,
    }


async def _send(socket: ServerConnection, text: str | bytes) -> None:
    with suppress(ConnectionClosed):
        await socket.send(text)
