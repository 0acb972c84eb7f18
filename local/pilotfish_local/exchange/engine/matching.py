"""The engine: accepts orders, lets prices move, and tells who listens."""

from collections.abc import Callable
from decimal import Decimal

from pilotfish_local.exchange.engine import funds
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.checks import checked
from pilotfish_local.exchange.engine.clock import Clock
from pilotfish_local.exchange.engine.filling import Filling, OrderEvent, Schedule, piece_of
from pilotfish_local.exchange.engine.market import TRADING, Market
from pilotfish_local.exchange.engine.orders import (
    WHOLE,
    Order,
    OrderRequest,
    Reason,
    Refused,
    Slices,
    auto_client_id,
)
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.engine.stops import Stop, Stops


class Engine:
    """All markets of all venues; every call is atomic, nothing in it waits."""

    def __init__(self, markets: funds.Markets, clock: Clock, schedule: Schedule) -> None:
        self.markets = markets
        self.accounts: dict[str, Account] = {}
        self.clock = clock
        self.on_order: list[Callable[[OrderEvent], None]] = []
        self.on_move: list[Callable[[Market, Move], None]] = []
        self._schedule = schedule
        self.start_over()

    def start_over(self) -> None:
        """Begin an empty book; what was still to fill fills into the old one."""
        self.book = Book()
        self.stops = Stops()
        self._filling = Filling(self.book, self.clock, self._schedule, self._tell)
        for market in self.markets.values():
            market.clear()

    def market(self, venue: str, symbol: str) -> Market:
        """The market of a symbol, or Refused."""
        found = self.markets.get((venue, symbol))
        if found is None:
            raise Refused(Reason.UNKNOWN_SYMBOL, symbol)
        return found

    def place(
        self,
        account: Account,
        request: OrderRequest,
        slices: Slices = WHOLE,
        hidden_ns: int = 0,
    ) -> Order:
        """Accept an order and fill what fills now, or raise Refused and change nothing."""
        market = self.market(account.venue, request.symbol)
        order = self._order(account, market, checked(market, account, self.book, request))
        self._reserve(account, market, order)
        order.hidden_until_ns = order.accepted_ns + hidden_ns
        self.book.add(order)
        self._tell(OrderEvent("NEW", account, order))
        if request.post_only and order.price and market.crosses(order.side, order.price):
            self._filling.end(account, order, "EXPIRED")
        elif order.price is None or market.crosses(order.side, order.price):
            self._filling.take(account, market, order, slices)
        elif order.time_in_force in ("IOC", "FOK"):
            self._filling.end(account, order, "EXPIRED")
        else:
            order.piece = piece_of(order.qty, slices.pieces, market.instrument.step)
            market.rest(order)
        return order

    def _order(self, account: Account, market: Market, request: OrderRequest) -> Order:
        order_id = self.book.next_order_id()
        now = self.clock.now_ns()
        return Order(
            id=order_id,
            client_id=request.client_id or auto_client_id(order_id),
            account=account.name,
            instrument=market.instrument,
            side=request.side,
            type=request.type,
            qty=request.qty,
            price=request.price,
            time_in_force=request.time_in_force,
            reduce_only=request.reduce_only,
            position_side=request.position_side,
            accepted_ns=now,
            quote_qty=request.quote_qty,
            waited_as=request.waited_as,
            updated_ns=now,
        )

    def _reserve(self, account: Account, market: Market, order: Order) -> None:
        price = order.price if order.price is not None else market.taking_price(order.side)
        if market.instrument.is_spot:
            funds.hold(account, order, price, self.markets, self.book)
            order.held_price = price
        else:
            funds.require_margin(account, order, price, self.markets, self.book)

    def cancel(self, account: Account, order: Order) -> None:
        """Cancel an open order, or raise Refused."""
        if not order.is_open:
            raise Refused(Reason.UNKNOWN_ORDER)
        self._filling.end(account, order, "CANCELED")

    def tick(self, seconds: float) -> None:
        """Let every market move on by one tick, or by so many seconds of a replay."""
        for market in self.markets.values():
            move = market.advance(seconds)
            if move is not None:
                self._moved(market, move)

    def pin(self, market: Market, price: Decimal) -> None:
        """Put a market's price somewhere and hold it there."""
        self._moved(market, market.pin(price))

    def _moved(self, market: Market, move: Move) -> None:
        reached = market.reached_by(move) if market.status == TRADING else []
        for order in reached:
            assert order.price is not None
            qty = min(order.piece, order.remaining)
            account = self.accounts[order.account]
            self._filling.fill(account, market, order, qty, order.price, maker=True)
        if reached:
            market.sweep()
        for stop in self.stops.take_reached(market.instrument, move):
            self._wake(stop)
        for listener in self.on_move:
            listener(market, move)

    def _wake(self, stop: Stop) -> None:
        """Send what closes the position, or as much of it as there still is."""
        account, symbol = self.accounts[stop.account], stop.instrument.symbol
        left = funds.closable(account, symbol, stop.side, stop.position_side)
        qty = left if stop.qty is None else min(stop.qty, left)
        if qty:
            request = OrderRequest(
                symbol=symbol,
                side=stop.side,
                type="MARKET",
                qty=qty,
                reduce_only=stop.position_side == "BOTH",
                position_side=stop.position_side,
                waited_as=stop.kind,
            )
            self.place(account, request)

    def _tell(self, event: OrderEvent) -> None:
        for listener in self.on_order:
            listener(event)
