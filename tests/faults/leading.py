"""What the leaders of the chaos do: entries, partial exits, closes and flips, long and short."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from random import Random

from pilotfish.domain.fills import Side
from pilotfish_local.demo.scenario import LeaderOrder

ENTRY, EXIT, CLOSE, FLIP = "entry", "exit", "close", "flip"
LARGEST_POSITION = 4  # times the largest entry


@dataclass(frozen=True, slots=True)
class Market:
    """A symbol, the step of a leader's quantities and the largest entry in base units.

    The smallest entry is half of that: at half scale still above every minimum of the venue.
    """

    symbol: str
    native: str
    step: Decimal
    lot: Decimal
    largest: Decimal


# One for each leader, so that what a follower holds of a symbol is due to one leader.
MARKETS = (
    Market("BTC/USDT:USDT", "BTCUSDT", Decimal("0.001"), Decimal("0.001"), Decimal("0.05")),
    Market("ETH/USDT:USDT", "ETHUSDT", Decimal("0.001"), Decimal("0.001"), Decimal("1")),
    Market("SOL/USDT:USDT", "SOLUSDT", Decimal("0.01"), Decimal("0.01"), Decimal("20")),
    Market("DOGE/USDT:USDT", "DOGEUSDT", Decimal(1), Decimal(1), Decimal(30_000)),
)


def leader_orders(leaders: Sequence[str], count: int, seed: int) -> Iterator[LeaderOrder]:
    """`count` orders, the leaders in turn, each in the market of its number."""
    random = Random(f"leaders:{seed}")
    held = dict.fromkeys(leaders, Decimal(0))
    for number in range(count):
        leader = leaders[number % len(leaders)]
        market = MARKETS[number % len(leaders)]
        change = _change(held[leader], market, random)
        held[leader] += change
        side = Side.BUY if change > 0 else Side.SELL
        yield LeaderOrder(leader, market.symbol, side, abs(change))


def _change(position: Decimal, market: Market, random: Random) -> Decimal:
    """What an order does to the leader's position, signed."""
    entry = _whole(market.largest * random.randint(50, 100) / 100, market)
    if not position:
        return random.choice((entry, -entry))
    sign = Decimal(1) if position > 0 else Decimal(-1)
    (move,) = random.choices((ENTRY, EXIT, CLOSE, FLIP), weights=(45, 30, 12, 13))
    if move == ENTRY and abs(position) < market.largest * LARGEST_POSITION:
        return sign * entry
    if move == CLOSE:
        return -position
    if move == FLIP:
        return -position - sign * entry
    return -sign * _whole(abs(position) * random.choice((30, 50, 70)) / 100, market)


def _whole(quantity: Decimal, market: Market) -> Decimal:
    steps = (quantity / market.step).to_integral_value(ROUND_DOWN)
    return max(market.step, steps * market.step)
