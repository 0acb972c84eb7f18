"""Bybit's sockets: /v5/private after `auth`, and /v5/public/{category}."""

from itertools import count

import orjson
from aiohttp import web

from pilotfish_local.exchange.bybit.events import TOPICS
from pilotfish_local.exchange.bybit.listing import book_symbol
from pilotfish_local.exchange.bybit.markets import levels, ticker_view
from pilotfish_local.exchange.bybit.sign_in import NotSignedIn, account_of
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.engine.market import DELISTED, Market
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.streams import Connection

Json = dict[str, object]
PRIVATE = "/v5/private"
PUBLIC = "/v5/public/"
MARKET_TOPICS = ("tickers", "orderbook.1", "publicTrade")


class BybitSockets:
    """Answers `auth`, `subscribe`, `unsubscribe` and `ping`, and tells moves of the price."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._signed: dict[Connection, Account] = {}
        self._ids: dict[Connection, str] = {}
        self._numbers = count(1)
        exchange.engine.on_move.append(self._tell_move)

    def account_of(self, path: str, query: str) -> str | None:
        """Nobody yet: a private socket says who it is after it is open."""
        return None

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        self._ids[link] = f"model{next(self._numbers)}"
        try:
            async for frame in socket:
                if frame.type is web.WSMsgType.TEXT:
                    self._serve(path, orjson.loads(frame.data), link)
        finally:
            self._signed.pop(link, None)
            self._ids.pop(link, None)

    def _serve(self, path: str, message: Json, link: Connection) -> None:
        op, args = message.get("op"), message.get("args")
        topics = [str(arg) for arg in args] if isinstance(args, list) else []
        if op == "ping":
            self._pong(path, message, link)
        elif op == "auth":
            refused = self._sign_in(topics, link)
            self._acknowledge(message, link, refused)
        elif op in ("subscribe", "unsubscribe"):
            joins = op == "subscribe"
            if path == PRIVATE:
                self._acknowledge(message, link, self._choose_private(topics, link, joins))
            else:
                self._choose_market(path.removeprefix(PUBLIC), topics, message, link, joins)
        else:
            self._acknowledge(message, link, "error:invalid op")

    def _acknowledge(self, message: Json, link: Connection, refused: str = "") -> None:
        answer = {"success": not refused, "ret_msg": refused, "op": message.get("op")}
        link.send({**answer, "conn_id": self._ids[link], **_request_id(message)})

    def _pong(self, path: str, message: Json, link: Connection) -> None:
        """A private socket answers with its time, a public one with `pong` for a message."""
        number, connection = _request_id(message), {"conn_id": self._ids[link]}
        if path == PRIVATE:
            now = str(self._exchange.clock.now_ms(BYBIT))
            link.send({"op": "pong", "args": [now], **connection, **number})
        else:
            link.send({"success": True, "ret_msg": "pong", "op": "ping", **connection, **number})

    def _sign_in(self, args: list[str], link: Connection) -> str:
        try:
            self._signed[link] = account_of(self._exchange, args, link.address)
        except NotSignedIn as refused:
            return str(refused)
        return ""

    def _choose_private(self, topics: list[str], link: Connection, joins: bool) -> str:
        account, hub = self._signed.get(link), self._exchange.hub
        if account is None:
            return "Request not authorized"
        unknown = [topic for topic in topics if topic.partition(".")[0] not in TOPICS]
        if unknown:
            return f"error:handler not found,topic:{unknown[0]}"
        for topic in topics:
            (hub.join_market if joins else hub.leave_market)(BYBIT, topic, link)
        if joins:
            hub.join_user(account.name, link)
        return ""

    def _choose_market(
        self, category: str, topics: list[str], message: Json, link: Connection, joins: bool
    ) -> None:
        found = [(topic, self._market(category, topic)) for topic in topics]
        missing = [topic for topic, market in found if market is None]
        if missing:
            words = f"error:handler not found,topic:{missing[0]}"
            self._acknowledge(message, link, words)
            return
        hub = self._exchange.hub
        for topic, _ in found:
            name = f"{category}/{topic}"
            (hub.join_market if joins else hub.leave_market)(BYBIT, name, link)
        self._acknowledge(message, link)
        for topic, market in found if joins else []:
            if market is not None and not topic.startswith("publicTrade"):
                link.send(self._message(topic, market, "snapshot"))

    def _market(self, category: str, topic: str) -> Market | None:
        kind, _, name = topic.rpartition(".")
        if kind not in MARKET_TOPICS:
            return None
        market = self._exchange.engine.markets.get((BYBIT, book_symbol(category, name)))
        listed = market is not None and market.status != DELISTED
        return market if listed and market and market.instrument.kind == category else None

    def _message(self, topic: str, market: Market, kind: str) -> Json:
        now = self._exchange.clock.now_ms(BYBIT)
        data = _data(topic, market, now)
        return {"topic": topic, "type": kind, "ts": now, "cs": market.ticks, "data": data}

    def _tell_move(self, market: Market, move: Move) -> None:
        i = market.instrument
        if i.venue != BYBIT:
            return
        for kind in MARKET_TOPICS:
            topic = f"{kind}.{i.wire_name}"
            listeners = self._exchange.hub.watched(BYBIT, f"{i.kind}/{topic}")
            # A perpetual's ticker tells what changed; everything else is told whole.
            change = kind == "tickers" and not i.is_spot
            message = self._message(topic, market, "delta" if change else "snapshot")
            for link in listeners:
                link.send(message)


def _data(topic: str, market: Market, now_ms: int) -> object:
    name = market.instrument.wire_name
    if topic.startswith("tickers"):
        return _ticker(market)
    if topic.startswith("orderbook"):
        bids, asks = levels(market, 1)
        return {"s": name, "b": bids, "a": asks, "u": market.ticks + 1, "seq": market.ticks + 1}
    return [
        {
            "T": now_ms,
            "s": name,
            "S": "Buy",
            "v": plain(market.instrument.step),
            "p": plain(market.last),
            "L": "PlusTick",
            "i": f"{name}-{market.ticks}",
            "BT": False,
        }
    ]


def _ticker(market: Market) -> Json:
    """A pair's ticker has no best prices on the socket."""
    view = ticker_view(market)
    if market.instrument.is_spot:
        for name in ("bid1Price", "bid1Size", "ask1Price", "ask1Size"):
            del view[name]
    return view


def _request_id(message: Json) -> Json:
    number = message.get("req_id")
    return {} if number is None else {"req_id": str(number)}
