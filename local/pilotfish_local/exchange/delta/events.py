"""What Delta's private channels say of an order, a fill and a position."""

from collections import defaultdict
from itertools import count

from pilotfish_local.exchange.delta.account import position_view
from pilotfish_local.exchange.delta.products import Json
from pilotfish_local.exchange.delta.views import fill_id, order_view
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange

PRIVATE = ("v2/user_trades", "orders", "positions")
ACTIONS = {"NEW": "create", "TRADE": "update", "CANCELED": "delete", "EXPIRED": "delete"}


class DeltaEvents:
    """Tells who listens; each channel numbers its messages, apart for each symbol."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._numbers: dict[tuple[str, str, str], count[int]] = defaultdict(lambda: count(1))
        exchange.engine.on_order.append(self._tell)

    def snapshot(self, channel: str, account: Account, symbols: list[str]) -> Json:
        """What stands now in some symbols, as `orders` and `positions` begin with."""
        if channel == "orders":
            opened = self._exchange.engine.book.open_of(account.name)
            found = [o for o in opened if o.instrument.symbol in symbols]
            result = [order_view(self._exchange, order) for order in found]
        else:
            result = [
                position_view(self._exchange, account, p, p.amount, p.entry)
                for p in account.positions.values()
                if p.amount and p.symbol in symbols
            ]
        return {"type": channel, "action": "snapshot", "success": True, "result": result}

    def _tell(self, event: OrderEvent) -> None:
        account = event.account
        if account.venue != DELTA or not self._exchange.hub.listens(account.name):
            return
        symbol = event.order.instrument.symbol
        self._publish(account, "orders", symbol, self._order(event))
        if event.fill is not None:
            trade = self._trade(account, event.order, event.fill)
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

    def _next(self, account: str, channel: str, symbol: str) -> int:
        return next(self._numbers[account, channel, symbol])

    def _order(self, event: OrderEvent) -> Json:
        order = event.order
        symbol = order.instrument.symbol
        closed = event.execution == "TRADE" and not order.is_open
        return {
            **order_view(self._exchange, order),
            "type": "orders",
            "action": "delete" if closed else ACTIONS[event.execution],
            "reason": "fill" if event.fill is not None else None,
            "symbol": symbol,
            "order_id": order.id,
            "seq_no": self._next(event.account.name, "orders", symbol),
            "timestamp": self._exchange.clock.to_us(DELTA, order.updated_ns),
        }

    def _trade(self, account: Account, order: Order, fill: Fill) -> Json:
        """A fill without its commission: Delta leaves that out for speed."""
        symbol = order.instrument.symbol
        return {
            "type": "v2/user_trades",
            "sy": symbol,
            "f": fill_id(fill),
            "R": "normal",
            "u": account.user_id,
            "o": order.id,
            "S": order.side.lower(),
            "s": int(fill.qty),
            "p": plain(fill.price),
            "po": int(account.held(symbol, "BOTH")),
            "r": "maker" if fill.maker else "taker",
            "c": order.client_id,
            "t": self._exchange.clock.to_us(DELTA, fill.at_ns),
            "se": self._next(account.name, "v2/user_trades", symbol),
        }
