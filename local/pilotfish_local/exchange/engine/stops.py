"""Orders that wait for a price and then close a position at the market."""

from dataclasses import dataclass
from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import Instrument
from pilotfish_local.exchange.engine.orders import SELL
from pilotfish_local.exchange.engine.prices import Move


@dataclass(frozen=True, slots=True)
class Stop:
    """A waiting order; `kind` is what its venue calls it, no `qty` is the whole position."""

    id: int
    account: str
    instrument: Instrument
    side: str
    kind: str
    price: Decimal
    qty: Decimal | None
    position_side: str
    client_id: str
    accepted_ns: int

    @property
    def falls(self) -> bool:
        """Whether the price has to fall to it: a stop that sells, a target that buys."""
        takes_profit = "TAKE_PROFIT" in self.kind or "TakeProfit" in self.kind
        return (self.side == SELL) is not takes_profit

    def reached(self, move: Move) -> bool:
        """Whether a move of the price went so far."""
        return move.low <= self.price if self.falls else move.high >= self.price


class Stops:
    """All that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[Stop] = []

    def add(self, stop: Stop) -> None:
        """Let one wait."""
        self._waiting.append(stop)

    def of(self, account: str, symbol: str | None = None) -> list[Stop]:
        """An account's, in one symbol or in all."""
        return [
            stop
            for stop in self._waiting
            if stop.account == account and symbol in (None, stop.instrument.symbol)
        ]

    def remove(self, gone: Stop) -> None:
        """It waits no longer."""
        self._waiting = [stop for stop in self._waiting if stop is not gone]

    def take_reached(self, instrument: Instrument, move: Move) -> list[Stop]:
        """Those of a market that a move of its price wakes; they wait no longer."""
        woken = [
            stop for stop in self._waiting if stop.instrument is instrument and stop.reached(move)
        ]
        for stop in woken:
            self.remove(stop)
        return woken
