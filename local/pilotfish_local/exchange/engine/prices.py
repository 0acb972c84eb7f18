"""Where a market's price comes from: a seeded random walk, or recorded trades."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Move:
    """What the price did since the last tick."""

    last: Decimal
    low: Decimal
    high: Decimal


class PriceSource(Protocol):
    """Advances a price; a walk counts ticks, a replay counts seconds."""

    start: Decimal

    def advance(self, seconds: float) -> Move | None:
        """The move since the last call, or None when nothing traded."""
        ...


class RandomWalk:
    """A price that depends on the seed and the number of ticks alone."""

    def __init__(self, seed: str, start: Decimal, tick: Decimal, volatility: float = 4e-5) -> None:
        self.start = start
        self._rng = Random(seed)
        self._price = float(start)
        self._tick = tick
        self._volatility = volatility

    def advance(self, seconds: float) -> Move | None:
        """One step of the walk, whatever time has passed."""
        self._price *= 1.0 + self._rng.gauss(0.0, self._volatility)
        steps = max(1, round(self._price / float(self._tick)))
        price = self._tick * steps
        return Move(price, price, price)


@dataclass(frozen=True, slots=True)
class RecordedTrade:
    """One line of a recording: exchange time in milliseconds, and price."""

    at_ms: int
    price: Decimal


class Replay:
    """Recorded trades played back at `speed` times their own pace; ends on its last price.

    Raises ValueError when there is no trade in the recording.
    """

    def __init__(self, trades: Iterable[RecordedTrade], speed: float = 1.0) -> None:
        self._trades = iter(trades)
        self._speed = speed
        first = next(self._trades, None)
        if first is None:
            raise ValueError("a recording without a trade")
        self.start = first.price
        self._next: RecordedTrade | None = first
        self._now_ms = float(first.at_ms)

    def advance(self, seconds: float) -> Move | None:
        """All trades that fell into the time passed, as one move."""
        self._now_ms += seconds * 1000.0 * self._speed
        prices: list[Decimal] = []
        while self._next is not None and self._next.at_ms <= self._now_ms:
            prices.append(self._next.price)
            self._next = next(self._trades, None)
        return Move(prices[-1], min(prices), max(prices)) if prices else None


def read_trades(path: Path) -> Iterator[RecordedTrade]:
    """Trades of a CSV, plain or gzipped, in one of two layouts.

    Binance's public files are id,price,qty,quote_qty,time,is_buyer_maker, with a header or
    without; the recorder's have a header with trade_ms and price.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as lines:
        rows = csv.reader(lines)
        first = next(rows, None)
        if first is None:
            return
        header = [name.strip().lower() for name in first]
        price, time = _columns(header)
        if not _is_header(first):
            yield _trade(first, price, time)
        for row in rows:
            yield _trade(row, price, time)


def _is_header(row: list[str]) -> bool:
    return not row[0].strip().isdigit()


def _columns(header: list[str]) -> tuple[int, int]:
    if "trade_ms" in header:
        return header.index("price"), header.index("trade_ms")
    if "time" in header:
        return header.index("price"), header.index("time")
    return 1, 4


def _trade(row: list[str], price: int, time: int) -> RecordedTrade:
    at = int(row[time])
    return RecordedTrade(at // 1000 if at > 10**14 else at, Decimal(row[price]))


def symbol_of(path: Path) -> tuple[str | None, str]:
    """The venue (if the name says it) and the base asset of a recording, by its file name."""
    name = path.name.lower()
    venue = "binanceusdm" if "usdm" in name else "binance" if "spot" in name else None
    for part in name.replace("-", "_").replace(".", "_").split("_"):
        for quote in ("usdt", "usdc", "usd"):
            if part.endswith(quote) and len(part) > len(quote):
                return venue, part[: -len(quote)].upper()
    raise ValueError(f"cannot tell the symbol from the file name {path.name}")
