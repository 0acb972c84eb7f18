"""Delta's socket: `key-auth` (or `auth`), then channels of fills, orders and positions."""

from itertools import count

import orjson
from aiohttp import web

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.delta.account import position_view
from pilotfish_local.exchange.delta.face import check_signature
from pilotfish_local.exchange.delta.products import Json, ticker_view
from pilotfish_local.exchange.delta.views import fill_id, order_view
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.streams import Connection

PRIVATE = ("v2/user_trades", "orders", "positions")
ACTIONS = {"NEW": "create", "TRADE": "update", "CANCELED": "delete", "EXPIRED": "delete"}


class DeltaSockets:
    """One connection may watch public channels, and private ones after it has signed."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sequence = count(1)
        self._signed: dict[Connection, Account] = {}
        exchange.engine.on_order.append(self._tell_order)
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

    def _serve(self, message: Json, link: Connection) -> None:
        kind, payload = message.get("type"), message.get("payload")
        if kind in ("auth", "key-auth") and isinstance(payload, dict):
            self._sign_in(str(kind), payload, link)
        elif kind in ("subscribe", "unsubscribe") and isinstance(payload, dict):
            self._subscribe(kind == "subscribe", payload, link)
        elif kind == "ping":
            link.send({"type": "pong"})
        elif kind == "enable_heartbeat":
            link.send({"type": "heartbeat"})

    def _sign_in(self, kind: str, payload: Json, link: Connection) -> None:
        account = self._exchange.keys.get(str(payload.get("api-key")))
        stamp, signature = str(payload.get("timestamp")), str(payload.get("signature"))
        try:
            if account is None or not account.enabled or account.venue != DELTA:
                raise Problem(401, "InvalidApiKey", "Api Key not found")
            check_signature(self._exchange, account, "GET", stamp, "/live", signature)
        except Problem as problem:
            link.send({"type": kind, "success": False, "status_code": 401, "error": problem.code})
            return
        self._signed[link] = account
        self._exchange.hub.join_user(account.name, link)
        if kind == "auth":
            link.send({"type": "success", "message": "Authenticated"})
        else:
            link.send(
                {"type": kind, "success": True, "status_code": 200, "status": "authenticated"}
            )

    def _subscribe(self, joins: bool, payload: Json, link: Connection) -> None:
        hub, answers = self._exchange.hub, []
        channels = payload.get("channels")
        for channel in channels if isinstance(channels, list) else []:
            name, symbols = str(channel["name"]), channel.get("symbols", ["all"])
            if name in PRIVATE and link not in self._signed:
                error = f"subscription forbidden on {name}. Unauthorized user"
                answers.append({"name": name, "error": error})
                continue
            for symbol in symbols:
                (hub.join_market if joins else hub.leave_market)(DELTA, f"{name}:{symbol}", link)
            answers.append({"name": name, "symbols": symbols})
            if joins and name in ("orders", "positions"):
                link.send(self._snapshot(name, self._signed[link]))
        link.send({"type": "subscriptions", "channels": answers})

    def _snapshot(self, channel: str, account: Account) -> Json:
        engine = self._exchange.engine
        if channel == "orders":
            opened = engine.book.open_of(account.name)
            result = [order_view(self._exchange, order) for order in opened]
        else:
            result = [
                position_view(self._exchange, account, p, p.amount, p.entry)
                for p in account.positions.values()
                if p.amount
            ]
        return {"type": channel, "action": "snapshot", "success": True, "result": result}

    def _tell_order(self, event: OrderEvent) -> None:
        account = event.account
        if account.venue != DELTA or not self._exchange.hub.listens(account.name):
            return
        symbol = event.order.instrument.symbol
        self._publish(account, "orders", symbol, self._order_event(event))
        if event.fill is not None:
            trade = self._trade_event(account, event.order, event.fill)
            self._publish(account, "v2/user_trades", symbol, trade)
            position = account.position(symbol)
            view = position_view(self._exchange, account, position, position.amount, position.entry)
            action = "update" if position.amount else "delete"
            message = {**view, "type": "positions", "action": action, "symbol": symbol}
            self._publish(account, "positions", symbol, message)

    def _publish(self, account: Account, channel: str, symbol: str, message: Json) -> None:
        wanted = {f"{channel}:{symbol}", f"{channel}:all"}
        self._exchange.hub.publish(
            DELTA, account.name, message, lambda link: bool(link.names & wanted)
        )

    def _order_event(self, event: OrderEvent) -> Json:
        order = event.order
        view = order_view(self._exchange, order)
        closed = event.execution == "TRADE" and not order.is_open
        return {
            **view,
            "type": "orders",
            "action": "delete" if closed else ACTIONS[event.execution],
            "reason": "fill" if event.fill is not None else None,
            "symbol": order.instrument.symbol,
            "order_id": order.id,
            "seq_no": next(self._sequence),
            "timestamp": self._exchange.clock.to_us(DELTA, order.updated_ns),
        }

    def _trade_event(self, account: Account, order: Order, fill: Fill) -> Json:
        return {
            "type": "v2/user_trades",
            "sy": order.instrument.symbol,
            "f": fill_id(fill),
            "R": "normal",
            "u": account.user_id,
            "o": order.id,
            "S": order.side.lower(),
            "s": int(fill.qty),
            "p": plain(fill.price),
            "po": int(account.held(order.instrument.symbol, "BOTH")),
            "r": "maker" if fill.maker else "taker",
            "c": order.client_id,
            "t": self._exchange.clock.to_us(DELTA, fill.at_ns),
            "se": next(self._sequence),
        }

    def _tell_move(self, market: Market, move: Move) -> None:
        i = market.instrument
        if i.venue != DELTA:
            return
        hub = self._exchange.hub
        for name in (f"v2/ticker:{i.symbol}", "v2/ticker:all"):
            for link in hub.watched(DELTA, name):
                link.send({**ticker_view(self._exchange, market), "type": "v2/ticker"})
