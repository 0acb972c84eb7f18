"""The prices that somebody wants to see, each market taken from its venue once."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Protocol

from pilotfish.domain.quotes import Quote

RETRY_S = 2.0

logger = logging.getLogger(__name__)

Market = tuple[str, str]
"""Venue and symbol."""


class Prices(Protocol):
    """Venues' prices."""

    def quotes(self, venue: str, symbols: Iterable[str]) -> AsyncGenerator[list[Quote], None]:
        """Prices as they move, of those of the symbols that the venue has, for ever."""


class PriceFeed:
    """When other symbols of a venue are wanted, the old feed goes on until the new one tells."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._feeds: dict[str, _Feed] = {}
        self.quotes: dict[Market, Quote] = {}

    def want(self, markets: Iterable[Market]) -> None:
        """These, and no others."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for venue, symbol in markets:
            wanted[venue].add(symbol)
        for venue in self._feeds.keys() - wanted.keys():
            self._feeds.pop(venue).close()
        for venue, symbols in wanted.items():
            before = self._feeds.get(venue)
            if before is None or before.symbols != symbols:
                self._feeds[venue] = _Feed(self._prices, venue, symbols, self.quotes, before)
        for market in [m for m in self.quotes if m[1] not in wanted.get(m[0], ())]:
            del self.quotes[market]

    async def close(self) -> None:
        """End all feeds."""
        tasks = [feed.close() for feed in self._feeds.values()]
        self._feeds.clear()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Feed:
    """Some symbols of one venue."""

    def __init__(
        self,
        prices: Prices,
        venue: str,
        symbols: set[str],
        quotes: dict[Market, Quote],
        before: "_Feed | None",
    ) -> None:
        self.symbols = frozenset(symbols)
        self._prices = prices
        self._venue = venue
        self._quotes = quotes
        self._before = before
        self._task = asyncio.create_task(self._run())

    def close(self) -> "asyncio.Task[None]":
        """End it, and what it was to take over from."""
        if self._before is not None:
            self._before.close()
        self._task.cancel()
        return self._task

    async def _run(self) -> None:
        while True:
            try:
                async with aclosing(self._prices.quotes(self._venue, self.symbols)) as batches:
                    async for batch in batches:
                        self._learn(batch)
            except Exception as error:  # noqa: BLE001 - the next time may be better
                logger.warning("no prices from %s: %r", self._venue, error)
            await asyncio.sleep(RETRY_S)

    def _learn(self, batch: list[Quote]) -> None:
        if self._before is not None:
            self._before.close()
            self._before = None
        for quote in batch:
            self._quotes[quote.venue, quote.symbol] = quote
