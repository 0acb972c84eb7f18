"""Channels of states as they are now, for who asks again and again instead of listening."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from pilotfish.domain.channels import PORTFOLIO, POSITIONS, PRICES, Channel
from pilotfish.domain.messages import (
    MarketUpdate,
    PortfolioUpdate,
    PositionUpdate,
    RiskUpdate,
    State,
)
from pilotfish.domain.quotes import Quote
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock
from pilotfish.usecases.tell_states import market_update

Market = tuple[str, str]


class KnownQuotes(Protocol):
    """The last prices that were told to anybody."""

    def of(self, markets: Iterable[Market]) -> Mapping[Market, Quote]: ...


class Values(Protocol):
    """What a user holds and has."""

    def positions(self, viewer: Viewer) -> PositionUpdate: ...

    def portfolio(self, viewer: Viewer) -> PortfolioUpdate: ...

    def risk(self, viewer: Viewer) -> RiskUpdate: ...


class LatestStates:
    """Out of what is known: a market that nobody knows a price of yet is left out."""

    def __init__(
        self,
        *,
        values: Values,
        quotes: KnownQuotes,
        find_market: Callable[[str, str], Market | None],
        clock: Clock,
    ) -> None:
        self._values = values
        self._quotes = quotes
        self._find_market = find_market
        self._clock = clock

    def __call__(self, channels: Sequence[Channel], viewer: Viewer) -> list[State]:
        """One message for each channel, under the time as its number."""
        own = [channel for channel in channels if channel.family != PRICES]
        prices = [channel for channel in channels if channel.family == PRICES]
        return [*self._prices(prices), *(self._own(channel, viewer) for channel in own)]

    def _own(self, channel: Channel, viewer: Viewer) -> State:
        if channel.family == POSITIONS:
            return self._values.positions(viewer)
        if channel.family == PORTFOLIO:
            return self._values.portfolio(viewer)
        return self._values.risk(viewer)

    def _prices(self, channels: Iterable[Channel]) -> list[MarketUpdate]:
        now_ms = self._clock()
        markets = {each: self._find_market(each.subject, each.venue) for each in channels}
        quotes = self._quotes.of({market for market in markets.values() if market})
        return [
            market_update(channel, quotes[market], now_ms, quotes[market].stale(now_ms))
            for channel, market in markets.items()
            if market and market in quotes
        ]
