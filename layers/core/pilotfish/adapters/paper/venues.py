"""The `Venues` port where some accounts are on paper."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pilotfish.domain.accounts import Account
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.venue_ids import market_venue
from pilotfish.ports import Venue, Venues

if TYPE_CHECKING:
    from pilotfish.adapters.paper.desk import PaperDesk


class VenuesWithPaper:
    """Implements `pilotfish.ports.Venues`; the desk is built for the first paper account."""

    def __init__(self, real: Venues, open_desk: Callable[[], "PaperDesk"]) -> None:
        self._real = real
        self._open_desk = open_desk
        self._desk: PaperDesk | None = None

    async def account(self, account: Account) -> Venue:
        """A paper account never reaches the real venues, nor does its (empty) key."""
        if not account.paper:
            return await self._real.account(account)
        if self._desk is None:
            self._desk = self._open_desk()
        return await self._desk.account(account)

    async def instruments(self, venue: str) -> list[Instrument]:
        """What can be traded on a venue now."""
        return await self._real.instruments(market_venue(venue))

    async def tickers(self, venue: str, symbols: Iterable[str]) -> list[Ticker]:
        """Prices now."""
        return await self._real.tickers(market_venue(venue), symbols)

    async def close(self) -> None:
        """Close every connection."""
        await self._real.close()
