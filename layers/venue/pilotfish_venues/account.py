"""One account on one venue: the `Venue` port over a ccxt instance."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.errors import OutcomeUnknown, VenueError
from pilotfish.domain.fills import Fill
from pilotfish.domain.venues import OrderRequest, Position, VenueOrder
from pilotfish_venues import holdings, lookups, orders, streams, trades
from pilotfish_venues.exchanges import VenueClock, signed_at
from pilotfish_venues.outcomes import clock_is_off, outcome_of
from pilotfish_venues.table import VenueSpec

Result = TypeVar("Result")


class CcxtAccount:
    """Implements `pilotfish.ports.Venue`. Every error that leaves it is a `VenueError`."""

    def __init__(
        self,
        account_id: str,
        exchange: Any,
        credentials: Credentials,
        open_stream: Callable[[Credentials], Any],
        set_clock: Callable[[], Awaitable[None]],
    ) -> None:
        self._account_id = account_id
        self._exchange = exchange
        self._credentials = credentials
        self._open_stream = open_stream
        self._set_clock = set_clock
        self._spec: VenueSpec = exchange.shared.spec
        self._clock: VenueClock = exchange.shared.clock
        self._secrets = (credentials.api_key, credentials.secret, credentials.password)
        self.evidence = self._spec.evidence
        self.streams_fills = self._spec.streams_fills

    async def create_order(self, request: OrderRequest) -> VenueOrder:
        """Send a market order once. An accepted order whose fill is not told yet is OPEN."""
        token = signed_at.set(request.claimed_ms)
        try:
            return await self._call(orders.create(self._exchange, self._spec, request))
        finally:
            signed_at.reset(token)

    async def find_order(self, request: OrderRequest) -> VenueOrder | None:
        """The order with this client id that is no older than the claim; None: not seen.

        Raises `OutcomeUnknown` for every failure: a look-up that was refused or throttled says
        nothing about the order.
        """
        since_ms = request.claimed_ms + self._clock.offset_ms
        try:
            return await self._call(lookups.find(self._exchange, self._spec, request, since_ms))
        except OutcomeUnknown:
            raise
        except VenueError as error:
            raise OutcomeUnknown(f"the look-up failed: {error}") from None

    async def symbols_traded(self, since_ms: int) -> set[str]:
        """Symbols held (on spot under the usual quotes), ordered, and traded where that is told."""
        return await self._call(holdings.symbols_traded(self._exchange, self._spec, since_ms))

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Fill]:
        """Every fill from `since_ms` on, oldest first, each once.

        Where the venue lists fills by symbol only, symbols that it has not are left out.
        """
        found = trades.since(self._exchange, self._spec, since_ms, symbols, self._from_rest)
        return await self._call(found)

    async def watch_fills(self, connected: asyncio.Event) -> AsyncIterator[list[Fill]]:
        """Fills as they are streamed; `connected` is set once the subscription stands.

        Raises when the socket closes or stays mute, and `Rejected` where there is no stream.
        """
        try:
            exchange = self._open_stream(self._credentials)
            async with aclosing(streams.executions(exchange, connected)) as batches:
                async for reports in batches:
                    yield [self._from_stream(report) for report in reports]
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            raise await self._as_outcome(error) from None

    async def positions(self) -> list[Position]:
        """Every holding that is not zero; see `holdings` for what that means on spot."""
        return await self._call(holdings.positions(self._exchange, self._spec))

    async def server_time_ms(self) -> int:
        """The venue's clock."""
        return int(await self._call(self._exchange.fetch_time()))

    def _from_rest(self, row: Any) -> Fill:
        market = self._exchange.markets.get(row["symbol"])
        seen_ms = self._clock.local_ms()
        return trades.fill_of(row, market, self._account_id, self._spec.venue, seen_ms)

    def _from_stream(self, report: dict[str, Any]) -> Fill:
        seen_ms = self._clock.local_ms()
        return streams.fill_of(self._exchange, report, self._account_id, self._spec.venue, seen_ms)

    async def _call(self, call: Awaitable[Result]) -> Result:
        try:
            return await call
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            outcome = await self._as_outcome(error)
        # Outside the handler, so that no request with its signature hangs on the new error.
        raise outcome

    async def _as_outcome(self, error: Exception) -> VenueError:
        if clock_is_off(error):
            await self._set_clock()
        return outcome_of(error, self._secrets)
