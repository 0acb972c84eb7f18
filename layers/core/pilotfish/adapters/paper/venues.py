"""The `Venues` port where some accounts are on paper."""

from collections.abc import Callable

from pilotfish.adapters.paper.account import PaperAccount
from pilotfish.adapters.paper.markets import RecentMarkets
from pilotfish.domain.accounts import Account
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.venue_ids import market_venue
from pilotfish.ports import Clock, PaperBooks, PublicMarkets, Venue, Venues


class PaperDesk:
    """Opens paper accounts; each keeps one turn for its orders in this process."""

    def __init__(self, books: PaperBooks, markets: PublicMarkets, clock: Clock) -> None:
        self._books = books
        self._markets = RecentMarkets(markets, clock)
        self._clock = clock
        self._opened: dict[str, PaperAccount] = {}

    def account(self, account: Account) -> Venue:
        """The venue of a paper account."""
        known = self._opened.get(account.account_id)
        if known is None:
            known = PaperAccount(account, self._books, self._markets, self._clock)
            self._opened[account.account_id] = known
        return known


class VenuesWithPaper:
    """Implements `pilotfish.ports.Venues`; the desk is built for the first paper account."""

    def __init__(self, real: Venues, open_desk: Callable[[], PaperDesk]) -> None:
        self._real = real
        self._open_desk = open_desk
        self._desk: PaperDesk | None = None

    async def account(self, account: Account) -> Venue:
        """A paper account never reaches the real venues, nor does its (empty) key."""
        if not account.paper:
            return await self._real.account(account)
        if self._desk is None:
            self._desk = self._open_desk()
        return self._desk.account(account)

    async def instruments(self, venue: str) -> list[Instrument]:
        """What can be traded on a venue now."""
        return await self._real.instruments(market_venue(venue))

    async def close(self) -> None:
        """Close every connection."""
        await self._real.close()
