"""One live market: its price, whether it is open, and the orders that rest in it."""

from bisect import insort
from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import Instrument
from pilotfish_local.exchange.engine.orders import BUY, Order
from pilotfish_local.exchange.engine.prices import Move, PriceSource

TRADING = "TRADING"
BREAK = "BREAK"
DELISTED = "DELISTED"
STATES = (TRADING, BREAK, DELISTED)

Resting = tuple[Decimal, int, Order]


class Market:
    """The best bid is the last price; the best ask is one spread above."""

    def __init__(self, instrument: Instrument, source: PriceSource) -> None:
        self.instrument = instrument
        self.source = source
        self.status = TRADING
        self.pinned = False
        self.spread = instrument.tick
        self.last = self.open_24h = self.low_24h = self.high_24h = source.start
        self.ticks = 0
        self._trade_id = 1_000_000
        self._past_trade_id = 0
        self._buys: list[Resting] = []
        self._sells: list[Resting] = []

    @property
    def bid(self) -> Decimal:
        """The price at which a market order sells."""
        return self.last

    @property
    def ask(self) -> Decimal:
        """The price at which a market order buys."""
        return self.last + self.spread

    def taking_price(self, side: str) -> Decimal:
        """The price that a market order of this side gets."""
        return self.ask if side == BUY else self.bid

    def crosses(self, side: str, price: Decimal) -> bool:
        """Whether a limit order would fill at once."""
        return price >= self.ask if side == BUY else price <= self.bid

    def next_past_trade_id(self) -> int:
        """Trade ids of the past rise too, below all others."""
        self._past_trade_id += 1
        return self._past_trade_id

    def next_trade_id(self) -> int:
        """Trade ids rise by one within a market, as on Binance."""
        self._trade_id += 1
        return self._trade_id

    def advance(self, seconds: float) -> Move | None:
        """Let the price move on, unless it is pinned or the market is closed."""
        if self.pinned or self.status != TRADING:
            return None
        move = self.source.advance(seconds)
        if move is not None:
            self._moved(move)
        return move

    def pin(self, price: Decimal) -> Move:
        """Hold the price where it is put, until it is released."""
        self.pinned = True
        move = Move(price, price, price)
        self._moved(move)
        return move

    def _moved(self, move: Move) -> None:
        self.last = move.last
        self.low_24h = min(self.low_24h, move.low)
        self.high_24h = max(self.high_24h, move.high)
        self.ticks += 1

    def rest(self, order: Order) -> None:
        """Put a limit order in the book, behind earlier ones at its price."""
        assert order.price is not None
        if order.side == BUY:
            insort(self._buys, (-order.price, order.id, order))
        else:
            insort(self._sells, (order.price, order.id, order))

    def reached_by(self, move: Move) -> list[Order]:
        """The resting orders that a move of the price fills, best first."""
        lowest_ask, highest_bid = move.low + self.spread, move.high
        return [
            *_taken(self._buys, -lowest_ask),
            *_taken(self._sells, highest_bid),
        ]

    def sweep(self) -> None:
        """Forget the resting orders that have filled or were cancelled."""
        self._buys = [entry for entry in self._buys if entry[2].is_open]
        self._sells = [entry for entry in self._sells if entry[2].is_open]

    def clear(self) -> None:
        """Forget all resting orders."""
        self._buys.clear()
        self._sells.clear()


def _taken(resting: list[Resting], bound: Decimal) -> list[Order]:
    taken = []
    for key, _, order in resting:
        if key > bound:
            break
        if order.is_open:
            taken.append(order)
    return taken
