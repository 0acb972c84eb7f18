"""What the leaders of a run do: seeded, and always copyable by every follower."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from random import Random

from pilotfish.domain.fills import Side

# Symbol, quantity step of the orders and the largest entry, in base units. The smallest entry is
# half of that: large enough for half a follower's scale and every venue's minimum.
SYMBOLS = {
    "binance": (("BTC/USDT", "0.001", "0.4"), ("ETH/USDT", "0.01", "6")),
    "binanceusdm": (("BTC/USDT:USDT", "0.01", "0.4"), ("ETH/USDT:USDT", "0.1", "6")),
    "bybit": (("BTC/USDT:USDT", "0.01", "0.4"), ("ETH/USDT:USDT", "0.1", "6")),
    "okx": (("BTC/USDT:USDT", "0.01", "0.4"), ("ETH/USDT:USDT", "0.1", "6")),
    "delta": (("BTC/USD:USD", "0.01", "0.4"), ("ETH/USD:USD", "0.1", "6")),
}
EXIT_CHANCE = 0.45
LARGEST_POSITION = 5  # times the largest entry


@dataclass(frozen=True, slots=True)
class LeaderOrder:
    """A market order of a leader, in base units."""

    leader: str
    symbol: str
    side: Side
    quantity: Decimal


def largest_entry(venue: str) -> tuple[str, Decimal]:
    """The first symbol of a venue, and the largest entry in it."""
    symbol, _, quantity = SYMBOLS[venue][0]
    return symbol, Decimal(quantity)


def traded_bases(venue: str) -> list[str]:
    """The base assets that leaders trade at a venue."""
    return [symbol.partition("/")[0] for symbol, _, _ in SYMBOLS[venue]]


def leader_orders(
    leaders: Sequence[str], venue: str, count: int, seed: int, bases: Collection[str] = ()
) -> Iterator[LeaderOrder]:
    """`count` orders in turn: entries, partial exits and full closes of long positions.

    With `bases`, only these base assets are traded.
    """
    random = Random(seed)
    markets = [row for row in SYMBOLS[venue] if not bases or row[0].partition("/")[0] in bases]
    held: dict[tuple[str, str], Decimal] = {}
    for number in range(count):
        leader = leaders[number % len(leaders)]
        symbol, step, largest = random.choice(markets)
        position = held.get((leader, symbol), Decimal(0))
        most = Decimal(largest)
        leaving = position and random.random() < EXIT_CHANCE
        if leaving or position > most * LARGEST_POSITION:
            share = random.choice((Decimal("0.3"), Decimal("0.5"), Decimal(1)))
            side, quantity = Side.SELL, _round(position * share, Decimal(step))
        else:
            share = Decimal(random.randint(50, 100)) / 100
            side, quantity = Side.BUY, _round(most * share, Decimal(step))
        held[leader, symbol] = position + side.sign * quantity
        yield LeaderOrder(leader, symbol, side, quantity)


def _round(quantity: Decimal, step: Decimal) -> Decimal:
    return max(step, (quantity / step).to_integral_value(ROUND_DOWN) * step)
