"""Prices for whoever asks once: out of what is known, and what is not known is asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilotfish.domain.channels import UnknownChannel, parse_channel, price_channel
from pilotfish.domain.movers import movers
from pilotfish.domain.quotes import Quote
from pilotfish.ports import Clock

# So long a price that was read is good for all who ask.
KEPT_MS = 1_000
# A day's figures of a market that nobody looked at for so long say nothing of now.
RANKED_MS = 3_600_000

Market = tuple[str, str]


class KnownQuotes(Protocol):
    """The last prices that were told to anybody."""

    def at(self, venue: str) -> Mapping[str, Quote]: ...


class Demand(Protocol):
    """Has prices told for a while, though nobody listens."""

    def demand(self, topics: Sequence[str], now_ms: int) -> bool:
        """Whether one of them was not demanded before."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A market as it was asked for; `quote` is None while nobody knows its price.

    `age_ms` is how old the price is by the venue's time; `asked` whether a newer one is under way:
    it is there two or three seconds later.
    """

    spelling: str
    venue: str
    symbol: str
    quote: Quote | None
    age_ms: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Prices:
    """`unknown` are names that no venue of ours has."""

    markets: Sequence[Priced]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """The most first, among `ranked` markets."""

    gainers: Sequence[Priced]
    losers: Sequence[Priced]
    ranked: int


class LookUpPrices:
    """Asks no venue: the market function does, and runs on for a while when it is needed."""

    def __init__(
        self,
        *,
        known: KnownQuotes,
        demand: Demand,
        find_market: Callable[[str, str], Market | None],
        wake: Callable[[], None],
        venues: Sequence[str],
        clock: Clock,
    ) -> None:
        self._known = known
        self._demand = demand
        self._find_market = find_market
        self._wake = wake
        self._venues = venues
        self._clock = clock
        self._kept: dict[str, tuple[int, Mapping[str, Quote]]] = {}

    def prices(self, spellings: Iterable[str]) -> Prices:
        """Of `BTCUSDT`, `BTC/USDT:USDT@okx` …; what is old or not known is asked for."""
        found: dict[str, Market] = {}
        unknown = []
        for spelling in dict.fromkeys(spellings):
            symbol, _, venue = spelling.partition("@")
            market = (
                self._find_market(symbol, venue) if not venue or venue in self._venues else None
            )
            if market is None:
                unknown.append(spelling)
            else:
                found[spelling] = market
        now_ms = self._clock()
        quotes = {market: self._quotes(market[0]).get(market[1]) for market in found.values()}
        old = {
            market: topic
            for market, quote in quotes.items()
            if (quote is None or quote.stale(now_ms)) and (topic := _topic(*market))
        }
        if old and self._demand.demand(sorted(old.values()), now_ms):
            self._wake()
        markets = [
            _priced(spelling, market, quotes[market], market in old, now_ms)
            for spelling, market in found.items()
        ]
        return Prices(markets, unknown)

    def ticker(self, venue: str = "") -> list[Priced]:
        """All that is known, of one venue or of all, by symbol."""
        now_ms = self._clock()
        known = [_known(quote, now_ms) for quote in self._all(venue)]
        return sorted(known, key=lambda priced: (priced.symbol, priced.venue))

    def movers(self, venue: str = "", most: int = 10) -> Moved:
        """Gainers and losers among what is known."""
        now_ms = self._clock()
        found = movers(self._all(venue), now_ms, RANKED_MS, most)
        return Moved(
            gainers=[_known(quote, now_ms) for quote in found.gainers],
            losers=[_known(quote, now_ms) for quote in found.losers],
            ranked=found.ranked,
        )

    def _all(self, venue: str) -> list[Quote]:
        venues = [each for each in self._venues if venue in ("", each)]
        return [quote for each in venues for quote in self._quotes(each).values()]

    def _quotes(self, venue: str) -> Mapping[str, Quote]:
        read_ms, quotes = self._kept.get(venue, (None, {}))
        now_ms = self._clock()
        if read_ms is None or now_ms - read_ms >= KEPT_MS:
            quotes = self._known.at(venue)
            self._kept[venue] = (now_ms, quotes)
        return quotes


def _topic(venue: str, symbol: str) -> str:
    """The market's channel; empty where its symbol has letters that no channel's name has."""
    name = price_channel(symbol, venue)
    try:
        return parse_channel(name).name
    except UnknownChannel:
        return ""


def _priced(spelling: str, market: Market, quote: Quote | None, asked: bool, now_ms: int) -> Priced:
    age_ms = 0 if quote is None else max(0, now_ms - quote.at_ms)
    return Priced(spelling, *market, quote, age_ms, asked)


def _known(quote: Quote, now_ms: int) -> Priced:
    return _priced(quote.symbol, (quote.venue, quote.symbol), quote, False, now_ms)
