"""Kraken's second socket (/v2): tickers for everybody, executions for who has a token."""

import asyncio
from dataclasses import dataclass
from itertools import count

import orjson
from aiohttp import web

from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.events import instant, order_report, reports, trade_report
from pilotfish_local.exchange.kraken.listing import socket_name
from pilotfish_local.exchange.kraken.markets import Json, listed
from pilotfish_local.exchange.streams import Connection

HEARTBEAT_S = 1.0
LAST_TRADES = 50


@dataclass(slots=True)
class _Subscription:
    """Whose executions a connection gets, and the number of the message it got last."""

    account: str
    sequence: int = 0


class KrakenSockets:
    """Speaks to any number of connections; each numbers its own executions."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._numbers = count(1)
        self._subscribed: dict[Connection, _Subscription] = {}
        exchange.engine.on_order.append(self._tell_order)
        exchange.engine.on_move.append(self._tell_move)

    def account_of(self, path: str, query: str) -> str | None:
        """Nobody yet: the token comes with the subscription."""
        return None

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        online = {"version": "2.0.10", "system": "online", "api_version": "v2"}
        data = [{**online, "connection_id": next(self._numbers)}]
        link.send({"channel": "status", "type": "update", "data": data})
        beating = asyncio.create_task(_beat(link))
        try:
            async for frame in socket:
                if frame.type is web.WSMsgType.TEXT:
                    self._serve(orjson.loads(frame.data), link)
        finally:
            beating.cancel()
            self._subscribed.pop(link, None)

    def _serve(self, message: Json, link: Connection) -> None:
        method, params = message.get("method"), message.get("params")
        if method == "ping":
            link.send(self._answer(message, {"method": "pong"}))
        elif method in ("subscribe", "unsubscribe") and isinstance(params, dict):
            channel = params.get("channel")
            if channel == "executions":
                self._executions(message, params, link)
            elif channel == "ticker":
                self._tickers(message, params, link)
            else:
                self._refuse(message, f"Channel {channel} not modelled", link)
        else:
            self._refuse(message, "Malformed request", link)

    def _answer(self, message: Json, more: Json) -> Json:
        """An answer with the number of its request."""
        now = instant(self.exchange, self.exchange.clock.now_ns())
        number = {"req_id": message["req_id"]} if "req_id" in message else {}
        return {**more, **number, "time_in": now, "time_out": now}

    def _refuse(self, message: Json, words: str, link: Connection) -> None:
        refusal = {"error": words, "method": message.get("method"), "success": False}
        link.send(self._answer(message, refusal))

    def _accept(self, message: Json, result: Json, link: Connection) -> None:
        accepted = {"method": message["method"], "result": result, "success": True}
        link.send(self._answer(message, accepted))

    def _executions(self, message: Json, params: Json, link: Connection) -> None:
        name = self.exchange.listen_keys.get(str(params.get("token")))
        account = self.exchange.engine.accounts.get(name or "")
        if name is None or account is None or not account.enabled:
            self._refuse(message, "ESession:Invalid session", link)
            return
        if message["method"] == "unsubscribe":
            self._subscribed.pop(link, None)
            self._accept(message, {"channel": "executions"}, link)
            return
        if link in self._subscribed:
            self._refuse(message, "Already subscribed", link)
            return
        subscription = self._subscribed[link] = _Subscription(name)
        wants = {"snap_trades": False, "snap_orders": True}
        wants |= {flag: bool(params[flag]) for flag in wants if flag in params}
        self._accept(message, {"channel": "executions", "maxratecount": 180, **wants}, link)
        subscription.sequence = 1
        data = self._snapshot(name, wants)
        link.send({"channel": "executions", "type": "snapshot", "data": data, "sequence": 1})
        self.exchange.hub.join_user(
            name, link, lambda report: self._numbered(report, subscription.sequence)
        )

    def _numbered(self, report: object, sequence: int) -> Json:
        return {"channel": "executions", "type": "update", "data": [report], "sequence": sequence}

    def _snapshot(self, name: str, wants: dict[str, bool]) -> list[Json]:
        """The open orders and the last trades, as far as they are wanted."""
        book = self.exchange.engine.book
        opened = book.open_of(name) if wants["snap_orders"] else []
        fills = book.fills_of(name)[-LAST_TRADES:][::-1] if wants["snap_trades"] else []
        return [
            *(order_report(self.exchange, order, "new") for order in opened),
            *(trade_report(self.exchange, fill) for fill in fills),
        ]

    def _tell_order(self, event: OrderEvent) -> None:
        account = event.account
        if account.venue != KRAKEN or not self.exchange.hub.listens(account.name):
            return
        for report in reports(self.exchange, event):
            for subscription in self._subscribed.values():
                subscription.sequence += subscription.account == account.name
            self.exchange.hub.publish(KRAKEN, account.name, report)

    def _tickers(self, message: Json, params: Json, link: Connection) -> None:
        """Each pair is answered for itself, and begins with a snapshot."""
        hub, symbols = self.exchange.hub, params.get("symbol")
        known = {socket_name(m.instrument): m for m in listed(self.exchange)}
        for symbol in symbols if isinstance(symbols, list) else []:
            if symbol not in known:
                self._refuse(message, f"Currency pair not supported {symbol}", link)
                continue
            result: Json = {"channel": "ticker", "symbol": symbol}
            if message["method"] == "unsubscribe":
                hub.leave_market(KRAKEN, f"ticker:{symbol}", link)
                self._accept(message, result, link)
                continue
            hub.join_market(KRAKEN, f"ticker:{symbol}", link)
            self._accept(message, {**result, "snapshot": True}, link)
            link.send(_ticker(known[symbol], "snapshot"))

    def _tell_move(self, market: Market, move: Move) -> None:
        if market.instrument.venue != KRAKEN:
            return
        name = f"ticker:{socket_name(market.instrument)}"
        for link in self.exchange.hub.watched(KRAKEN, name):
            link.send(_ticker(market, "update"))


def _ticker(market: Market, kind: str) -> Json:
    last = float(market.last)
    change = float(market.last - market.open_24h)
    data = {
        "symbol": socket_name(market.instrument),
        "bid": float(market.bid),
        "bid_qty": 100.0,
        "ask": float(market.ask),
        "ask_qty": 100.0,
        "last": last,
        "volume": 1000.0,
        "vwap": last,
        "low": float(market.low_24h),
        "high": float(market.high_24h),
        "change": change,
        "change_pct": round(change / float(market.open_24h) * 100, 2),
    }
    return {"channel": "ticker", "type": kind, "data": [data]}


async def _beat(link: Connection) -> None:
    """Kraken says every second that it is there."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        link.send({"channel": "heartbeat"})
