"""Public markets, each asked for once however many paper accounts want it."""

import asyncio
from collections import defaultdict

from pilotfish.domain.errors import NotSent, Rejected, VenueError
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.ports import Clock, PublicMarkets

# How old a price may be that an order fills at, and one that other positions are valued at.
ORDER_MS = 1_000
MARK_MS = 30_000


class RecentMarkets:
    """So a leader with a thousand paper followers costs a venue one request a second."""

    def __init__(self, markets: PublicMarkets, clock: Clock) -> None:
        self._markets = markets
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[int, PublicMarket]] = {}
        self._turns: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def market(self, venue: str, symbol: str, within_ms: int = ORDER_MS) -> PublicMarket:
        """A market no older than that. Raises `Rejected` when there is none, else `NotSent`."""
        name = venue, symbol
        async with self._turns[name]:
            asked_ms, known = self._known.get(name, (0, None))
            if known is not None and self._clock() - asked_ms <= within_ms:
                return known
            asked_ms = self._clock()
            market = await self._ask(venue, symbol)
            self._known[name] = asked_ms, market
            return market

    async def _ask(self, venue: str, symbol: str) -> PublicMarket:
        """Nothing is sent in anybody's name: what fails may simply be tried again."""
        try:
            market = await self._markets.market(venue, symbol)
        except NotSent:
            raise
        except VenueError as trouble:
            raise NotSent(f"no price of {symbol} from {venue}: {trouble}") from None
        if market is None:
            raise Rejected(f"{venue} has no market {symbol}")
        return market
