"""Bybit's private topics: what an order did, and what it did to position and wallet."""

from collections.abc import Callable

from pilotfish_local.exchange.bybit.fills import fill_view
from pilotfish_local.exchange.bybit.order_views import order_view
from pilotfish_local.exchange.bybit.positions import position_view
from pilotfish_local.exchange.bybit.wallet import wallet_view
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange

Json = dict[str, object]
TOPICS = ("execution", "order", "position", "wallet")


class BybitEvents:
    """Tells each topic, and its variant of one category, to who subscribed."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        exchange.engine.on_order.append(self._tell)

    def _tell(self, event: OrderEvent) -> None:
        account, order = event.account, event.order
        if account.venue != BYBIT or not self._exchange.hub.listens(account.name):
            return
        if event.execution == "NEW" and not self._rests(order):
            return
        kind, fill = order.instrument.kind, event.fill
        if fill is not None:
            self._publish(account, "execution", kind, lambda: self._execution(fill))
            if not order.instrument.is_spot:
                self._publish(account, "position", kind, lambda: self._position(account, order))
        self._publish(account, "order", kind, lambda: self._order(order))
        self._publish(account, "wallet", kind, lambda: wallet_view(self._exchange, account))

    def _rests(self, order: Order) -> bool:
        """An order that fills at once is told when it has filled, not before."""
        market = self._exchange.engine.markets[BYBIT, order.instrument.symbol]
        return order.price is not None and not market.crosses(order.side, order.price)

    def _publish(self, account: Account, topic: str, kind: str, told: Callable[[], Json]) -> None:
        hub, now = self._exchange.hub, self._exchange.clock.now_ms(BYBIT)
        wanted = {topic, f"{topic}.{kind}"}
        if not any(hub.watched(BYBIT, name) for name in wanted):
            return
        row = told()
        message = {
            "topic": topic,
            "id": f"{account.user_id}_{row.get('symbol', '')}_{row.get('seq', now)}",
            "creationTime": now,
            "data": [row],
        }
        hub.publish(BYBIT, account.name, message, lambda link: bool(link.names & wanted))

    def _execution(self, fill: Fill) -> Json:
        i = fill.order.instrument
        return {
            **fill_view(self._exchange, fill),
            "category": i.kind,
            "isLeverage": "0",
            "execPnl": plain(fill.realized),
        }

    def _order(self, order: Order) -> Json:
        realized = sum(fill.realized for fill in order.fills)
        return {
            **order_view(self._exchange, order),
            "category": order.instrument.kind,
            "closedPnl": str(realized),
            "feeCurrency": order.fills[0].fee_asset if order.fills else "",
        }

    def _position(self, account: Account, order: Order) -> Json:
        """The topic says entryPrice where the look-up says avgPrice."""
        position = account.position(order.instrument.symbol, order.position_side)
        view = position_view(self._exchange, account, position, position.amount, position.entry)
        entry = view.pop("avgPrice")
        return {**view, "entryPrice": entry, "category": order.instrument.kind}
