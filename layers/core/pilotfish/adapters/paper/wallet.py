"""A paper account's wallet, with the marks of the moment."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from pilotfish.adapters.paper.markets import MARK_MS, RecentMarkets
from pilotfish.domain.errors import Rejected, VenueError
from pilotfish.domain.instruments import settle_of
from pilotfish.domain.netting import symbol_of
from pilotfish.domain.paper.liquidation import liquidated, ruined
from pilotfish.domain.paper.prices import mark_of
from pilotfish.domain.paper.wallet import PaperWallet, moved_on
from pilotfish.domain.venues import OrderRequest
from pilotfish.ports import Clock, PaperBooks


class KeptWallet:
    """Reads it, values it, and liquidates what its losses have eaten up."""

    def __init__(
        self,
        account_id: str,
        venue: str,
        books: PaperBooks,
        markets: RecentMarkets,
        clock: Clock,
    ) -> None:
        self._account_id = account_id
        self._venue = venue
        self._books = books
        self._markets = markets
        self._clock = clock

    async def load(self) -> PaperWallet:
        """As stored now; raises `Rejected` when there is none."""
        wallet = await asyncio.to_thread(self._books.load, self._account_id)
        if wallet is None:
            raise Rejected(f"the paper account {self._account_id} has no wallet")
        return wallet

    async def set_leverage(self, symbol: str, leverage: Decimal) -> None:
        """At the version after the one that was read; raises as the books do."""
        while (wallet := await self.load()).leverages.get(symbol) != leverage:
            after = moved_on(wallet, leverages={**wallet.leverages, symbol: leverage})
            await asyncio.to_thread(self._books.advance, wallet, after)

    async def valued(self, request: OrderRequest | None = None) -> PaperWallet:
        """The wallet with its marks, once nothing in it has to be liquidated.

        An order needs the marks of what shares its margin, and an exit none.
        """
        while True:
            wallet = await self.load()
            marks = await self._marks(wallet, request)
            wallet = wallet.marked(marks)
            gone = ruined(wallet, marks)
            if gone is None:
                return wallet
            after, fills = liquidated(wallet, gone, self._clock())
            await asyncio.to_thread(self._books.advance, wallet, after, fills)

    async def _marks(
        self, wallet: PaperWallet, request: OrderRequest | None
    ) -> Mapping[str, Decimal]:
        """By symbol; what cannot be had now is left out, and keeps its last mark."""
        wanted = {symbol_of(key) for key in wallet.positions}
        if request is not None:
            settle = settle_of(request.symbol) or request.symbol.partition("/")[2]
            wanted = {symbol for symbol in wanted if settle_of(symbol) == settle}
            wanted = set() if request.reduce_only else wanted
        found = await asyncio.gather(*(self._mark(symbol) for symbol in sorted(wanted)))
        return {symbol: mark for symbol, mark in found if mark is not None}

    async def _mark(self, symbol: str) -> tuple[str, Decimal | None]:
        try:
            market = await self._markets.market(self._venue, symbol, MARK_MS)
        except VenueError:
            return symbol, None
        return symbol, mark_of(market.ticker, self._clock())

    async def move_on(self) -> None:
        """Let nothing be written any more that was reckoned on the wallet as it is."""
        written = False
        while not written:
            wallet = await self.load()
            written = await asyncio.to_thread(self._books.advance, wallet, moved_on(wallet), ())
