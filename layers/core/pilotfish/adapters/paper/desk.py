"""Where paper accounts are opened."""

from pilotfish.adapters.paper.account import PaperAccount
from pilotfish.adapters.paper.markets import RecentMarkets
from pilotfish.domain.accounts import Account
from pilotfish.domain.venue_ids import market_venue
from pilotfish.ports import Clock, PaperBooks, PublicMarkets, Venue


class PaperDesk:
    """Opens paper accounts; each keeps one turn for its orders in this process."""

    def __init__(self, books: PaperBooks, markets: PublicMarkets, clock: Clock) -> None:
        self._books = books
        self._public = markets
        self._markets = RecentMarkets(markets, clock)
        self._clock = clock
        self._opened: dict[str, PaperAccount] = {}

    async def account(self, account: Account) -> Venue:
        """The venue of a paper account, ready to fill an order at once."""
        await self._public.ready(market_venue(account.venue))
        known = self._opened.get(account.account_id)
        if known is None:
            known = PaperAccount(account, self._books, self._markets, self._clock)
            self._opened[account.account_id] = known
        return known
