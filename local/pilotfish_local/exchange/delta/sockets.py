"""Delta's socket: a client signs in, subscribes to channels, and asks for heartbeats or pings."""

import asyncio

import orjson
from aiohttp import web

from pilotfish_local.exchange.delta.events import PRIVATE, DeltaEvents
from pilotfish_local.exchange.delta.products import Json, ticker_view
from pilotfish_local.exchange.delta.sign_in import ACCEPTED, KINDS, NotSignedIn, account_of
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.streams import Connection

HEARTBEAT_S = 30.0
WITH_SNAPSHOT = ("orders", "positions")


class DeltaSockets:
    """One connection may watch public channels, and private ones after it has signed."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._events = DeltaEvents(exchange)
        self._signed: dict[Connection, Account] = {}
        self._beating: dict[Connection, asyncio.Task[None]] = {}
        exchange.engine.on_move.append(self._tell_move)

    def account_of(self, path: str, query: str) -> str | None:
        """Nobody yet: a Delta socket says who it is after it is open."""
        return None

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        try:
            async for frame in socket:
                if frame.type is web.WSMsgType.TEXT:
                    self._serve(orjson.loads(frame.data), link)
        finally:
            self._signed.pop(link, None)
            self._stop_beating(link)

    def _serve(self, message: Json, link: Connection) -> None:
        kind, payload = message.get("type"), message.get("payload")
        if kind in KINDS:
            self._sign_in(str(kind), payload, link)
        elif kind == "unauth":
            self._sign_out(link)
        elif kind in ("subscribe", "unsubscribe") and isinstance(payload, dict):
            self._subscribe(kind == "subscribe", payload, link)
        elif kind == "ping":
            link.send({"type": "pong"})
        elif kind == "enable_heartbeat" and link not in self._beating:
            self._beating[link] = asyncio.create_task(_beat(link))
        elif kind == "disable_heartbeat":
            self._stop_beating(link)

    def _sign_in(self, kind: str, payload: object, link: Connection) -> None:
        try:
            account = account_of(self._exchange, payload, link.address)
        except NotSignedIn as refusal:
            link.send(refusal.answer(kind))
            return
        self._signed[link] = account
        self._exchange.hub.join_user(account.name, link)
        link.send(ACCEPTED[kind])

    def _sign_out(self, link: Connection) -> None:
        """Forget who a connection is; it leaves its private channels with that."""
        self._signed.pop(link, None)
        self._exchange.hub.leave(link)
        for name in list(link.names):
            channel, _, symbol = name.partition(":")
            if channel in PRIVATE:
                link.names.discard(name)
            else:
                self._exchange.hub.join_market(DELTA, f"{channel}:{symbol}", link)

    def _stop_beating(self, link: Connection) -> None:
        task = self._beating.pop(link, None)
        if task is not None:
            task.cancel()

    def _subscribe(self, joins: bool, payload: Json, link: Connection) -> None:
        """Join or leave channels; without symbols nothing is sent, and with "all" no snapshot."""
        hub, snapshots = self._exchange.hub, []
        answers: list[Json] = []
        channels = payload.get("channels")
        for channel in channels if isinstance(channels, list) else []:
            name, symbols = str(channel["name"]), list(channel.get("symbols", ()))
            if name in PRIVATE and link not in self._signed:
                error = f"subscription forbidden on {name}. Unauthorized user"
                answers.append({"name": name, "error": error})
                continue
            if not joins and not symbols:
                symbols = [n.partition(":")[2] for n in link.names if n.startswith(f"{name}:")]
            for symbol in symbols:
                (hub.join_market if joins else hub.leave_market)(DELTA, f"{name}:{symbol}", link)
            answers.append({"name": name, "symbols": symbols})
            named = [symbol for symbol in symbols if symbol != "all"]
            if joins and named and name in WITH_SNAPSHOT:
                snapshots.append(self._events.snapshot(name, self._signed[link], named))
        link.send({"type": "subscriptions", "channels": answers})
        for snapshot in snapshots:
            link.send(snapshot)

    def _tell_move(self, market: Market, move: Move) -> None:
        i = market.instrument
        if i.venue != DELTA:
            return
        hub = self._exchange.hub
        for name in (f"v2/ticker:{i.symbol}", "v2/ticker:all"):
            for link in hub.watched(DELTA, name):
                link.send({**ticker_view(self._exchange, market), "type": "v2/ticker"})


async def _beat(link: Connection) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        link.send({"type": "heartbeat"})
