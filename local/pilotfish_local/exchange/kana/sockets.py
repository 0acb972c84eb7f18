"""Kana's socket: topics by the address of a profile, for anybody who knows it."""

from collections.abc import Callable

import orjson
from aiohttp import web

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import KANA
from pilotfish_local.exchange.engine.orders import Order
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kana.views import Json, fill_views, position_view, profile_of
from pilotfish_local.exchange.streams import Connection

LAST = 50


class KanaSockets:
    """A subscription is not confirmed; it begins with what is there."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._topics: dict[Connection, set[str]] = {}
        self._now: dict[str, Callable[[Account], list[Json]]] = {
            "trade_history": self._trades,
            "positions": self._positions,
            "order_history": self._orders,
        }
        exchange.engine.on_order.append(self._tell)

    def account_of(self, path: str, query: str) -> str | None:
        """Nobody yet: the address comes with the subscription."""
        return None

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        self._topics[link] = set()
        try:
            async for frame in socket:
                if frame.type is web.WSMsgType.TEXT:
                    self._serve(orjson.loads(frame.data), link)
        finally:
            del self._topics[link]

    def _serve(self, message: Json, link: Connection) -> None:
        topic, address = str(message.get("topic")), message.get("address")
        if topic not in self._now:
            return
        for account in self._exchange.engine.accounts.values():
            if account.venue == KANA and profile_of(account) == address:
                self._topics[link].add(topic)
                self._exchange.hub.join_user(account.name, link)
                link.send({"message": topic, "data": self._now[topic](account)})

    def _trades(self, account: Account) -> list[Json]:
        fills = self._exchange.engine.book.fills_of(account.name)[-LAST:]
        return [row for f in reversed(fills) for row in fill_views(self._exchange, account, f)]

    def _positions(self, account: Account) -> list[Json]:
        return [
            position_view(self._exchange, account, position, "is_long")
            for position in account.positions.values()
            if position.amount
        ]

    def _orders(self, account: Account) -> list[Json]:
        orders = self._exchange.engine.book.of_account(account.name)[-LAST:]
        return [self._order(account, order) for order in reversed(orders)]

    def _order(self, account: Account, order: Order) -> Json:
        at = exchange_seconds(self._exchange, order.accepted_ns)
        return {
            "address": profile_of(account),
            "order_id": str(order.id),
            "market_id": str(order.instrument.product_id),
            "order_type": 1 if order.side == "BUY" else 4,
            "is_market_order": order.price is None,
            "size": str(order.qty),
            "price": f"{order.average:.8f}",
            "order_value": f"{order.quote_filled:.8f}",
            "leverage": account.leverage_of(order.instrument.symbol),
            "status": "Filled" if order.filled == order.qty else "Open",
            "timestamp": at,
            "last_updated": exchange_seconds(self._exchange, order.updated_ns),
        }

    def _tell(self, event: OrderEvent) -> None:
        account, fill = event.account, event.fill
        if account.venue != KANA or not self._exchange.hub.listens(account.name):
            return
        rows = {"order_history": [self._order(account, event.order)]}
        if fill is not None:
            rows["trade_history"] = fill_views(self._exchange, account, fill)
            rows["positions"] = self._positions(account)
        for topic, data in rows.items():
            self._publish(topic, account, data)

    def _publish(self, topic: str, account: Account, data: list[Json]) -> None:
        message = {"message": topic, "data": data}
        self._exchange.hub.publish(
            KANA, account.name, message, lambda link: topic in self._topics.get(link, ())
        )


def exchange_seconds(exchange: Exchange, at_ns: int) -> int:
    """A moment of the book in Kana's time."""
    return exchange.clock.to_ms(KANA, at_ns) // 1000
