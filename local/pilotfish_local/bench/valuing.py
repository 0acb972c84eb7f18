"""What a user's positions cost to be valued and written, in CPU time of one thread."""

import statistics
import time
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.books import Book, Execution
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.messages import encode
from pilotfish.domain.quotes import Quote
from pilotfish.domain.valuing import Valued


@dataclass(frozen=True, slots=True)
class Worth:
    """Medians in milliseconds: profit and loss of all positions, and the message with them."""

    positions: int
    computed_ms: float
    encoded_ms: float


def measure(positions: int, rounds: int = 30) -> Worth:
    """A book of so many positions at prices that all moved."""
    book = Book()
    symbols = [f"C{number}/USDT:USDT" for number in range(positions)]
    book.add(_bought(symbol, number) for number, symbol in enumerate(symbols))
    computed, encoded = [], []
    for turn in range(rounds):
        price = Decimal(100 + turn)
        quotes = {("okx", each): Quote("okx", each, price, turn, mark=price) for each in symbols}
        began = time.thread_time()
        valued = Valued(book, quotes, turn)
        valued.portfolio(turn)
        told = valued.positions(turn)
        middle = time.thread_time()
        encode(told)
        computed.append((middle - began) * 1000)
        encoded.append((time.thread_time() - middle) * 1000)
    return Worth(
        positions, round(statistics.median(computed), 2), round(statistics.median(encoded), 2)
    )


def _bought(symbol: str, number: int) -> Execution:
    return Execution(
        place="follow",
        account_id="account",
        leader_id="leader",
        venue="okx",
        symbol=symbol,
        position_side=PositionSide.NET,
        change=Decimal("0.125") * (number % 7 + 1),
        price=Decimal("99.5"),
        at_ms=number,
    )
