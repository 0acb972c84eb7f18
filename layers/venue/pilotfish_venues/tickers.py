"""Prices of markets, read without a key."""

import asyncio
from collections.abc import Iterable
from typing import Any

from pilotfish.domain.tickers import Ticker
from pilotfish_venues.amounts import decimal, kind_of


async def read(exchange: Any, symbols: Iterable[str]) -> list[Ticker]:
    """Of the symbols that the venue has, by symbol; it is asked once for each kind of market."""
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for symbol in sorted(set(symbols)):
        market = exchange.markets.get(symbol)
        if market is not None:
            settle = str(market.get("settle") or "")
            kinds.setdefault((market["type"], kind_of(market), settle), []).append(symbol)
    answers = await asyncio.gather(*(exchange.fetch_tickers(wanted) for wanted in kinds.values()))
    asked_ms = exchange.shared.clock.now_ms()
    rows = [row for answer in answers for row in answer.values()]
    return sorted((_ticker(row, asked_ms) for row in rows), key=lambda ticker: ticker.symbol)


async def read_one(exchange: Any, symbol: str) -> Ticker:
    """Of one market, which costs a venue far less than all that it has."""
    row = await exchange.fetch_ticker(symbol)
    return _ticker(row, exchange.shared.clock.now_ms())


def _ticker(row: Any, asked_ms: int) -> Ticker:
    return Ticker(
        symbol=row["symbol"],
        last=decimal(row.get("last")),
        bid=decimal(row.get("bid")),
        ask=decimal(row.get("ask")),
        mark=decimal(row.get("markPrice")),
        at_ms=int(row.get("timestamp") or asked_ms),
    )
