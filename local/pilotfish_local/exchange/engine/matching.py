"""The engine: accepts orders, fills them against the moving price, and tells who listens."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from pilotfish_local.exchange.engine import funds
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.checks import checked
from pilotfish_local.exchange.engine.clock import Clock
from pilotfish_local.exchange.engine.decimals import ZERO, ceil_to, floor_to
from pilotfish_local.exchange.engine.market import TRADING, Market
from pilotfish_local.exchange.engine.orders import (
    WHOLE,
    Fill,
    Order,
    OrderRequest,
    Reason,
    Refused,
    Slices,
)
from pilotfish_local.exchange.engine.prices import Move

Schedule = Callable[[float, Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """What happened to an order: NEW, TRADE (with its fill), CANCELED or EXPIRED."""

    execution: str
    account: Account
    order: Order
    fill: Fill | None = None


class Engine:
    """All markets of all venues; every call is atomic, nothing in it waits."""

    def __init__(self, markets: funds.Markets, clock: Clock, schedule: Schedule) -> None:
        self.markets = markets
        self.accounts: dict[str, Account] = {}
        self.book = Book()
        self.clock = clock
        self._schedule = schedule
        self.on_order: list[Callable[[OrderEvent], None]] = []
        self.on_move: list[Callable[[Market, Move], None]] = []

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
        request = checked(market, account, self.book, request)
        order = self._accepted(account, market, request)
        self._reserve(account, market, order)
        order.hidden_until_ns = order.accepted_ns + hidden_ns
        self.book.add(order)
        self._emit(OrderEvent("NEW", account, order))
        if order.price is None or market.crosses(order.side, order.price):
            self._take(account, market, order, slices)
        elif order.time_in_force in ("IOC", "FOK"):
            self._end(account, order, "EXPIRED")
        else:
            order.piece = _piece(order.qty, slices, market) if slices.pieces > 1 else None
            market.rest(order)
        return order

    def _accepted(self, account: Account, market: Market, request: OrderRequest) -> Order:
        order_id = self.book.next_order_id()
        now = self.clock.now_ns()
        return Order(
            id=order_id,
            client_id=request.client_id or f"auto{order_id}",
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
            updated_ns=now,
        )

    def _reserve(self, account: Account, market: Market, order: Order) -> None:
        price = order.price if order.price is not None else market.taking_price(order.side)
        if market.instrument.is_spot:
            funds.hold(account, order, price)
            order.held_price = price
        else:
            funds.require_margin(account, order, price, self.markets, self.book)

    def _take(self, account: Account, market: Market, order: Order, slices: Slices) -> None:
        step = market.instrument.step
        target = max(step, floor_to(order.qty * slices.fraction, step))
        piece = _piece(target, slices, market)
        if slices.interval_ms:
            self._take_slowly(account, market, order, target, piece, slices.interval_ms / 1000)
            return
        while _wants_more(order, target):
            qty = min(piece, target - order.filled)
            self._fill(account, market, order, qty, market.taking_price(order.side), maker=False)
        self._leave(account, market, order)

    def _take_slowly(
        self,
        account: Account,
        market: Market,
        order: Order,
        target: Decimal,
        piece: Decimal,
        seconds: float,
    ) -> None:
        if not order.is_open:
            return
        qty = min(piece, target - order.filled)
        self._fill(account, market, order, qty, market.taking_price(order.side), maker=False)
        if _wants_more(order, target):
            again = (account, market, order, target, piece, seconds)
            self._schedule(seconds, lambda: self._take_slowly(*again))
        else:
            self._leave(account, market, order)

    def _leave(self, account: Account, market: Market, order: Order) -> None:
        """What did not fill rests, if it is a limit order that may."""
        if not order.is_open:
            return
        if order.price is None or order.time_in_force in ("IOC", "FOK"):
            self._end(account, order, "EXPIRED")
        else:
            market.rest(order)

    def _fill(
        self,
        account: Account,
        market: Market,
        order: Order,
        qty: Decimal,
        price: Decimal,
        *,
        maker: bool,
    ) -> None:
        instrument = market.instrument
        if order.reduce_only:
            left = funds.closable(account, instrument.symbol, order.side, order.position_side)
            qty = min(qty, left)
            if not qty:
                self._end(account, order, "EXPIRED")
                return
        rate = instrument.maker if maker else instrument.taker
        now = self.clock.now_ns()
        realized = ZERO
        if instrument.is_spot:
            funds.release(account, order, qty, order.held_price)
            fee, asset = funds.settle_spot(account, instrument, order.side, qty, price, rate)
        else:
            fee, realized = funds.settle_position(account, order, qty, price, rate, now)
            asset = instrument.settle
        order.filled += qty
        order.quote_filled += qty * price
        order.updated_ns = now
        order.status = "PARTIALLY_FILLED" if order.filled < order.qty else "FILLED"
        fill = Fill(market.next_trade_id(), order, qty, price, now, maker, fee, asset, realized)
        order.fills.append(fill)
        self.book.add_fill(fill)
        if not order.is_open:
            self.book.close(order)
        self._emit(OrderEvent("TRADE", account, order, fill))

    def cancel(self, account: Account, order: Order) -> None:
        """Cancel an open order, or raise Refused."""
        if not order.is_open:
            raise Refused(Reason.UNKNOWN_ORDER)
        self._end(account, order, "CANCELED")

    def _end(self, account: Account, order: Order, status: str) -> None:
        if order.instrument.is_spot:
            funds.release(account, order, order.remaining, order.held_price)
        order.status = status
        order.updated_ns = self.clock.now_ns()
        self.book.close(order)
        self._emit(OrderEvent(status, account, order))

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
            qty = min(order.piece or order.remaining, order.remaining)
            account = self.accounts[order.account]
            self._fill(account, market, order, qty, order.price, maker=True)
        if reached:
            market.sweep()
        for listener in self.on_move:
            listener(market, move)

    def _emit(self, event: OrderEvent) -> None:
        for listener in self.on_order:
            listener(event)


def _wants_more(order: Order, target: Decimal) -> bool:
    return order.is_open and order.filled < target


def _piece(qty: Decimal, slices: Slices, market: Market) -> Decimal:
    step = market.instrument.step
    return max(step, ceil_to(qty / slices.pieces, step))
