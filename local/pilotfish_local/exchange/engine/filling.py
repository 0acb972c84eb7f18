"""How orders fill: at once or in pieces, and what each piece does to the account and the book."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from pilotfish_local.exchange.engine import funds
from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.clock import Clock
from pilotfish_local.exchange.engine.decimals import ZERO, ceil_to, floor_to
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import Fill, Order, Slices

Schedule = Callable[[float, Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """What happened to an order: NEW, TRADE (with its fill), CANCELED or EXPIRED."""

    execution: str
    account: Account
    order: Order
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class Filling:
    """Fills and ends the orders of one book."""

    book: Book
    clock: Clock
    schedule: Schedule
    tell: Callable[[OrderEvent], None]

    def take(self, account: Account, market: Market, order: Order, slices: Slices) -> None:
        """Fill an order against the market, in as many pieces as asked, at once or over time.

        A limit order takes no piece that would be worse than its limit by then.
        """
        step = market.instrument.step
        target = max(step, floor_to(order.qty * slices.fraction, step))
        piece = piece_of(target, slices.pieces, step)

        def take_next() -> None:
            if _wants_more(order, target) and _reached(market, order):
                qty = min(piece, target - order.filled)
                self.fill(account, market, order, qty, market.taking_price(order.side))
            if not (_wants_more(order, target) and _reached(market, order)):
                self._leave(account, market, order)
            elif slices.interval_ms:
                self.schedule(slices.interval_ms / 1000, take_next)

        take_next()
        while not slices.interval_ms and _wants_more(order, target) and _reached(market, order):
            take_next()

    def _leave(self, account: Account, market: Market, order: Order) -> None:
        """What did not fill rests, if it is a limit order that may."""
        if not order.is_open:
            return
        if order.price is None or order.time_in_force in ("IOC", "FOK"):
            self.end(account, order, "EXPIRED")
        else:
            market.rest(order)

    def fill(
        self,
        account: Account,
        market: Market,
        order: Order,
        qty: Decimal,
        price: Decimal,
        *,
        maker: bool = False,
    ) -> None:
        """Execute a piece; one that only closes never fills beyond the position, and expires."""
        instrument = market.instrument
        if order.only_closes:
            left = funds.closable(account, instrument.symbol, order.side, order.position_side)
            qty = min(qty, left)
            if not qty:
                self.end(account, order, "EXPIRED")
                return
        rate = instrument.maker if maker else instrument.taker
        now = self.clock.now_ns()
        realized = closed = ZERO
        if instrument.is_spot:
            funds.release(account, order, qty, order.held_price)
            fee, asset = funds.settle_spot(account, instrument, order.side, qty, price, rate)
        else:
            closes = funds.closable(account, instrument.symbol, order.side, order.position_side)
            closed = min(qty, closes)
            fee, realized = funds.settle_position(account, order, qty, price, rate, now)
            asset = instrument.settle
        fill = Fill(
            trade_id=market.next_trade_id(),
            order=order,
            qty=qty,
            price=price,
            at_ns=now,
            maker=maker,
            fee=fee,
            fee_asset=asset,
            realized=realized,
            closed=closed,
            number=self.book.next_fill_number(),
        )
        order.apply(fill)
        self.book.add_fill(fill)
        self.tell(OrderEvent("TRADE", account, order, fill))

    def end(self, account: Account, order: Order, status: str) -> None:
        """Close an order that will fill no further, and free what it held."""
        if order.instrument.is_spot:
            funds.release(account, order, order.remaining, order.held_price)
        order.status = status
        order.updated_ns = self.clock.now_ns()
        self.book.close(order)
        self.tell(OrderEvent(status, account, order))


def piece_of(qty: Decimal, pieces: int, step: Decimal) -> Decimal:
    """The size of a piece; the last one is what is left."""
    return max(step, ceil_to(qty / pieces, step))


def _wants_more(order: Order, target: Decimal) -> bool:
    return order.is_open and order.filled < target


def _reached(market: Market, order: Order) -> bool:
    return order.price is None or market.crosses(order.side, order.price)
