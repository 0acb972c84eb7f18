"""One paper account: the `Venue` port over play money and public prices."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from decimal import Decimal

from pilotfish.adapters.paper.markets import RecentMarkets
from pilotfish.adapters.paper.wallet import KeptWallet
from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Report
from pilotfish.domain.connections import KeyReport, Permissions, Vitals
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.fills import Fill, is_spot
from pilotfish.domain.levels import Level
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.paper.matching import Filled, Refused, place
from pilotfish.domain.paper.prices import PublicMarket, touch
from pilotfish.domain.paper.trades import order_of
from pilotfish.domain.paper.wallet import MOST_LEVERAGE, ZERO, holdings_of
from pilotfish.domain.payments import Funded, Tells
from pilotfish.domain.venue_ids import market_venue
from pilotfish.domain.venues import Evidence, OrderRequest, OrderStatus, Position, VenueOrder
from pilotfish.domain.wallets import Contents, in_derivatives
from pilotfish.ports import Clock, HistoryPage, PaperBooks

# An order is not written later than this after its claim; the lag is what our clocks are apart.
RECEIVE_WINDOW_MS = 5_000
EVIDENCE = Evidence(RECEIVE_WINDOW_MS / 1000, visibility_lag_s=2.0, looks=1)
PAGE = 100
LAST_MS = 9_999_999_999_999


class PaperAccount:
    """Implements `pilotfish.ports.Venue`.

    An order that was not filled leaves nothing behind. One that was is found for ever by its client
    id, and sent again it has the answer that it had: two trades of one id cannot be.
    """

    evidence = EVIDENCE
    streams_fills = False
    tells_funding = Tells.NO

    def __init__(
        self, account: Account, books: PaperBooks, markets: RecentMarkets, clock: Clock
    ) -> None:
        self._account_id = account.account_id
        self._venue = market_venue(account.venue)
        self._books = books
        self._markets = markets
        self._clock = clock
        self._wallet = KeptWallet(self._account_id, self._venue, books, markets, clock)
        self._turn = asyncio.Lock()

    async def create_order(self, request: OrderRequest) -> VenueOrder:
        """Fill at the market, once; see `domain.paper` for the price and what is refused."""
        market = await self._markets.market(self._venue, request.symbol)
        async with self._turn:
            while True:
                answer = await self._attempt(request, market)
                if answer is not None:
                    return answer

    async def find_order(self, request: OrderRequest) -> VenueOrder | None:
        """The order with this client id; None: there is none, and what was on its way is stopped.

        worker A: reads the wallet at version 7 … is held up … writes, if it still is at 7
        worker B:            looks, finds nothing, moves the wallet on to 8, looks again

        Either A's trade is there at B's second look, or it never will be.
        """
        try:
            found = await self._trade_of(request)
            if found is None:
                await self._wallet.move_on()
                found = await self._trade_of(request)
        except OutcomeUnknown:
            raise
        except VenueError as trouble:
            raise OutcomeUnknown(f"the look-up failed: {trouble}") from None
        return None if found is None else order_of(found)

    async def symbols_traded(self, since_ms: int) -> set[str]:
        """Held, or traded since then."""
        traded = {fill.symbol for fill in await self._trades(since_ms)}
        return traded | {position.symbol for position in holdings_of(await self._wallet.load())}

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Report]:
        """All trades from then on, in every symbol."""
        return list(await self._trades(since_ms))

    async def history(
        self, since_ms: int, until_ms: int, symbols: Iterable[str], token: str | None
    ) -> HistoryPage:
        """A page of past trades; liquidations are among them."""
        fills, last = await asyncio.to_thread(
            self._books.trades, self._account_id, since_ms, until_ms, PAGE, token or ""
        )
        seen = [replace(fill, seen_ms=self._clock()) for fill in fills]
        return HistoryPage(seen, last or None)

    def watch_fills(self, connected: asyncio.Event) -> AsyncIterator[list[Report]]:
        """Raises `Rejected`: nobody else trades on the account."""
        raise Rejected("a paper account streams no fills")

    async def positions(self) -> list[Position]:
        """Every holding, after what its losses have eaten up was liquidated."""
        return holdings_of(await self._wallet.valued())

    async def margin_of(self, symbol: str) -> Margin:
        """All of a paper account is in cross margin."""
        if is_spot(symbol):
            return Margin()
        return Margin((await self._wallet.load()).leverage_of(symbol), MarginMode.CROSS)

    async def set_margin(self, symbol: str, margin: Margin) -> None:
        """A market's leverage; both margin modes are taken, and what answers for it stays all."""
        wanted = margin.leverage
        if wanted is None:
            return
        if not 1 <= wanted <= MOST_LEVERAGE:
            raise Rejected(f"paper account: the leverage is 1 to {MOST_LEVERAGE}, not {wanted:f}")
        await self._wallet.set_leverage(symbol, wanted)

    def most_leverage(self, symbol: str) -> Decimal | None:
        """The same in every market."""
        return MOST_LEVERAGE

    async def wallet(self) -> Contents:
        """Cash, coins and positions, after what its losses have eaten up was liquidated."""
        wallet = await self._wallet.valued()
        coins = {code: amount for code, amount in wallet.cash.items() if amount}
        return Contents(coins, in_derivatives(holdings_of(wallet)))

    async def levels(self, symbols: Iterable[str]) -> list[Level]:
        """No order waits here."""
        raise Rejected("a paper account has no orders that wait for a price")

    async def funding(self, since_ms: int) -> Funded:
        """Raises `Rejected`: on paper none is paid."""
        raise Rejected("a paper account is paid no funding")

    async def server_time_ms(self) -> int:
        """Our clock."""
        return self._clock()

    async def key_report(self) -> KeyReport:
        """Cash and coins; there is no key, and nothing to withdraw."""
        wallet = await self._wallet.valued()
        may = Permissions(read=True, trade=True, withdraw=False, ip_restricted=True)
        return KeyReport({code: amount for code, amount in wallet.cash.items() if amount}, may)

    def vitals(self) -> Vitals:
        """There is no other clock, and no budget."""
        return Vitals()

    async def _attempt(self, request: OrderRequest, market: PublicMarket) -> VenueOrder | None:
        """None when somebody else wrote to the account meanwhile.

        The wallet is read before the trade: no trade of this id was written up to its version. And
        it is read within the order's window, so that whoever looks for the order after that moves
        the wallet on from the version that this is written from.
        """
        wallet = await self._wallet.valued(request)
        known = await self._trade_of(request)
        if known is not None:
            return order_of(known)
        now_ms = self._clock()
        if now_ms - request.claimed_ms > RECEIVE_WINDOW_MS:
            raise NotSent("the order's window passed before it could be filled")
        touched = touch(market.ticker, request.side, now_ms)
        if touched is None:
            raise NotSent(f"{self._venue} tells no price of {request.symbol}")
        outcome = place(wallet, request, market, touched, now_ms)
        if isinstance(outcome, Refused):
            raise Rejected(f"paper account: {outcome.why}")
        if not isinstance(outcome, Filled):
            return _nothing_had(request)
        trade = [outcome.fill]
        written = await asyncio.to_thread(self._books.advance, wallet, outcome.wallet, trade)
        return order_of(outcome.fill) if written else None

    async def _trade_of(self, request: OrderRequest) -> Fill | None:
        name = self._account_id, request.client_order_id
        return await asyncio.to_thread(self._books.trade_of, *name)

    async def _trades(self, since_ms: int) -> list[Fill]:
        found: list[Fill] = []
        token: str | None = ""
        while token is not None:
            page = await self.history(since_ms, LAST_MS, (), token)
            found += page.fills
            token = page.next_token
        return found


def _nothing_had(request: OrderRequest) -> VenueOrder:
    """An IOC order that ended without a trade is not kept, and has no number."""
    return VenueOrder("", request.client_order_id, OrderStatus.CANCELED, ZERO, ZERO)
