"""What open positions are worth: prices that somebody looked at lately."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from pilotfish.domain.performance.journal import Open
from pilotfish.domain.quotes import Quote
from pilotfish.domain.venue_ids import market_venue
from pilotfish.domain.wallets import Wallet, markets_of
from pilotfish.ports import Clock

# An older price says less of a position than the trade that it was met at.
OLD_MS = 60 * 60_000

Market = tuple[str, str]
"""Venue and symbol."""


class KnownQuotes(Protocol):
    """The last prices that were shown to anybody."""

    def of(self, markets: Iterable[Market]) -> Mapping[Market, Quote]: ...


class LatestPrices:
    """For one run: what it has asked for once is not asked for again."""

    def __init__(self, quotes: KnownQuotes, clock: Clock) -> None:
        self._quotes = quotes
        self._clock = clock
        self._known: dict[Market, tuple[Decimal, int] | None] = {}

    def learn(self, wallet: Wallet) -> None:
        """The prices that an account was valued at."""
        for symbol, price in wallet.prices.items():
            self._take((market_venue(wallet.venue), symbol), price, wallet.at_ms)

    def of(self, open_: Mapping[str, Open]) -> tuple[dict[str, Decimal], int]:
        """By position, where one is known that is not too old; and the time of the oldest."""
        now_ms = self._clock()
        markets = {
            key: (market_venue(held.venue), held.symbol)
            for key, held in open_.items()
            if held.quantity
        }
        self._ask({market for market in markets.values() if market not in self._known})
        found, oldest_ms = {}, now_ms
        for key, market in markets.items():
            known = self._known[market]
            if known is not None and now_ms - known[1] <= OLD_MS:
                found[key] = known[0]
                oldest_ms = min(oldest_ms, known[1])
        return found, oldest_ms

    def coins(self, venue: str, coins: Iterable[str]) -> dict[str, tuple[Decimal, int]]:
        """Prices of coins in dollars at a venue, with their times, where one was learned."""
        found = {}
        for coin in coins:
            markets = ((market_venue(venue), symbol) for symbol in markets_of(coin))
            known = next((each for market in markets if (each := self._known.get(market))), None)
            if known is not None:
                found[coin] = known
        return found

    def _ask(self, markets: set[Market]) -> None:
        quotes = self._quotes.of(markets) if markets else {}
        for market in markets:
            quote = quotes.get(market)
            self._known.setdefault(market, None)
            if quote is not None:
                self._take(market, quote.value, quote.at_ms)

    def _take(self, market: Market, price: Decimal, at_ms: int) -> None:
        before = self._known.get(market)
        if before is None or before[1] < at_ms:
            self._known[market] = (price, at_ms)
