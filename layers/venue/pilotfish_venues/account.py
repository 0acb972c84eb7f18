"""One account on one venue: the `Venue` port over a ccxt instance."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any, TypeVar
from weakref import WeakSet

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.asides import Report
from pilotfish.domain.conditions import Attached, Trigger
from pilotfish.domain.connections import KeyReport, Vitals
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.fills import Fill
from pilotfish.domain.levels import Level
from pilotfish.domain.margining import Margin
from pilotfish.domain.payments import Funded
from pilotfish.domain.venues import OrderRequest, Position, VenueOrder
from pilotfish.domain.wallets import Contents
from pilotfish.ports import HistoryPage
from pilotfish_venues import (
    funding,
    history,
    holdings,
    keys,
    levels,
    lookups,
    margins,
    orders,
    reports,
    trades,
    wallets,
)
from pilotfish_venues.exchanges import VenueClock, signed_at
from pilotfish_venues.outcomes import clock_is_off, outcome_of
from pilotfish_venues.spec import VenueSpec
from pilotfish_venues.streams import Watched

Result = TypeVar("Result")

LAST_REQUEST = ("last_request_headers", "last_request_body", "last_request_url")


class CcxtAccount:
    """Implements `pilotfish.ports.Venue`. Every error that leaves it is a `VenueError`."""

    def __init__(
        self,
        account_id: str,
        exchange: Any,
        credentials: Credentials,
        open_stream: Callable[[Credentials], Any],
        set_clock: Callable[[], Awaitable[None]],
        relist: Callable[[Any], Awaitable[bool]],
    ) -> None:
        self._account_id = account_id
        self._exchange = exchange
        self._credentials = credentials
        self._open_stream = open_stream
        self._set_clock = set_clock
        self._relist = relist
        self._spec: VenueSpec = exchange.shared.spec
        self._dialect = exchange.shared.dialect
        self._clock: VenueClock = exchange.shared.clock
        self._secrets: tuple[str, ...] = (
            credentials.api_key,
            credentials.secret,
            credentials.password,
        )
        self._streams: WeakSet[Any] = WeakSet()
        self.evidence = self._spec.evidence
        self.streams_fills = self._spec.streams_fills
        self.tells_funding = self._spec.tells_funding

    async def create_order(self, request: OrderRequest) -> VenueOrder:
        """Send a market order once. An accepted order whose fill is not told yet is OPEN."""
        return await self._claimed(request, orders.create(self._exchange, request))

    async def create_waiting(self, request: OrderRequest, trigger: Trigger) -> VenueOrder:
        """Send once an order that closes at a price; `Rejected` where the venue has no such."""
        sending = orders.create_waiting(self._exchange, request, trigger)
        return await self._claimed(request, sending)

    async def create_attached(self, request: OrderRequest, attached: Attached) -> VenueOrder:
        """Send once an entry with its stop and target; `Rejected` where the venue has no such."""
        sending = orders.create_attached(self._exchange, request, attached)
        return await self._claimed(request, sending)

    async def set_margin(self, symbol: str, margin: Margin) -> None:
        """Set a symbol's leverage and margin mode, those that are given; may be asked again.

        Raises `Rejected` where the venue's row or the market does not allow it.
        """
        await self._call(margins.set_margin(self._exchange, symbol, margin))

    async def margin_of(self, symbol: str) -> Margin:
        """At what leverage and in which margin mode the account holds a symbol."""
        return await self._call(margins.margin_of(self._exchange, symbol))

    def most_leverage(self, symbol: str) -> Decimal | None:
        """The most that the market allows, where the venue says that with its markets."""
        return margins.most(self._exchange, symbol)

    async def find_order(self, request: OrderRequest) -> VenueOrder | None:
        """The order with this client id that is no older than the claim; None: not seen.

        Raises `OutcomeUnknown` for every failure: a look-up that was refused or throttled says
        nothing about the order.
        """
        since_ms = request.claimed_ms + self._clock.offset_ms
        return await self._looked_up(lookups.find(self._exchange, request, since_ms))

    async def find_waiting(self, request: OrderRequest, trigger: Trigger) -> VenueOrder | None:
        """A waiting order, or what became of it; None: not seen.

        Errors as of `find_order`, and `Rejected` where the venue has no such orders.
        """
        orders.check_waiting(self._exchange, request, trigger)
        since_ms = request.claimed_ms + self._clock.offset_ms
        looking = lookups.find_waiting(self._exchange, request, trigger, since_ms)
        return await self._looked_up(looking)

    async def cancel_waiting(self, request: OrderRequest, trigger: Trigger) -> None:
        """Take a waiting order back; afterwards `find_waiting` tells what became of it.

        May be asked again. `Rejected` where the venue has no such orders.
        """
        orders.check_waiting(self._exchange, request, trigger)
        since_ms = request.claimed_ms + self._clock.offset_ms
        await self._call(lookups.cancel_waiting(self._exchange, request, trigger, since_ms))

    async def symbols_traded(self, since_ms: int) -> set[str]:
        """Symbols held (on spot under the usual quotes), ordered, and traded where that is told."""
        return await self._call(holdings.symbols_traded(self._exchange, since_ms))

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Report]:
        """Every fill from `since_ms` on, oldest first, each once, and what cannot be one.

        Where the venue lists fills by symbol only, symbols that it has not are left out.
        """
        found = await self._reports_since(since_ms, symbols)
        if any(map(reports.in_unknown_market, found)) and await self._relist(self._exchange):
            found = await self._reports_since(since_ms, symbols)
        return found

    async def history(
        self, since_ms: int, until_ms: int, symbols: Iterable[str], token: str | None
    ) -> HistoryPage:
        """Past fills of one request, and how to ask for the next."""
        found = history.page(self._exchange, since_ms, until_ms, symbols, token, self._report)
        return await self._call(found)

    async def watch_fills(self, connected: asyncio.Event) -> AsyncIterator[list[Report]]:
        """Fills as they are streamed; `connected` is set once the subscription stands.

        Raises when the socket closes or stays mute, and `Rejected` where there is no stream.
        """
        try:
            if not self._spec.streams_fills:
                raise Rejected(f"{self._spec.venue} streams no fills")
            watched = Watched(
                self._exchange,
                open_stream=self._stream,
                report=self._report,
                read=self._fills,
            )
            async with aclosing(self._dialect.watch(watched, connected)) as batches:
                async for batch in batches:
                    yield await self._listed(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            raise await self._as_outcome(error) from None

    def erase_key(self, template: Any) -> None:
        """For good: whoever still holds the account has to open it again."""
        if template.apiKey == self._exchange.apiKey:
            template.apiKey = ""
        self._credentials, self._secrets = Credentials("", ""), ()
        for exchange in (self._exchange, *self._streams):
            exchange.apiKey = exchange.secret = exchange.password = ""
            for name in LAST_REQUEST:  # With the key in its headers.
                setattr(exchange, name, None)

    async def positions(self) -> list[Position]:
        """Every holding that is not zero; see `holdings` for what that means on spot."""
        return await self._call(holdings.positions(self._exchange))

    async def wallet(self) -> Contents:
        """Coins, and positions in derivatives; see `wallets`."""
        return await self._call(wallets.contents(self._exchange))

    async def levels(self, symbols: Iterable[str]) -> list[Level]:
        """Orders that close positions in these symbols at a price; see `levels`."""
        return await self._call(levels.levels(self._exchange, symbols))

    async def funding(self, since_ms: int) -> Funded:
        """What was paid for holding perpetuals; see `funding`."""
        return await self._call(funding.read(self._exchange, since_ms))

    async def server_time_ms(self) -> int:
        """The venue's clock."""
        return await self._call(self._dialect.server_time_ms(self._exchange))

    async def _reports_since(self, since_ms: int, symbols: Iterable[str]) -> list[Report]:
        rows = await self._call(trades.rows_since(self._exchange, since_ms, symbols))
        found = reports.in_order(map(self._report, rows))
        return [report for report in found if reports.told_ms(report) >= since_ms]

    async def _listed(self, batch: Sequence[Report]) -> list[Report]:
        """Without what is in a market that was listed since: REST will tell it, by its name."""
        listed = [report for report in batch if not reports.in_unknown_market(report)]
        if len(listed) < len(batch):
            await self._relist(self._exchange)
        return listed

    async def _fills(self, since_ms: int) -> list[Fill]:
        """The sound ones, in all symbols."""
        found = await self.fills_since(since_ms, ())
        return [report for report in found if isinstance(report, Fill)]

    async def key_report(self) -> KeyReport:
        """The balances and what the key may do, see `keys`."""
        return await self._call(keys.report(self._exchange, self._as_outcome))

    def vitals(self) -> Vitals:
        """The venue's clock, and what is left of the account's budget or of the address's."""
        left = self._exchange.bucket.headroom()
        if (shared := self._exchange.shared.requests) is not None:
            left = min(left, shared.bucket.headroom())
        return Vitals(self._clock.offset_ms, Decimal(str(round(left, 2))))

    def _report(self, row: Any) -> Report:
        return reports.report_of(self._exchange, row, self._account_id, self._secrets)

    async def _looked_up(
        self, looking: Coroutine[Any, Any, VenueOrder | None]
    ) -> VenueOrder | None:
        try:
            return await self._call(looking)
        except OutcomeUnknown:
            raise
        except VenueError as error:
            raise OutcomeUnknown(f"the look-up failed: {error}") from None

    async def _claimed(
        self, request: OrderRequest, sending: Coroutine[Any, Any, VenueOrder]
    ) -> VenueOrder:
        """Send an order, signed with the time of its claim."""
        token = signed_at.set(request.claimed_ms)
        try:
            return await self._call(sending)
        finally:
            signed_at.reset(token)

    def _stream(self) -> Any:
        stream = self._open_stream(self._credentials)
        self._streams.add(stream)
        return stream

    async def _call(self, call: Coroutine[Any, Any, Result]) -> Result:
        if not self._secrets:
            call.close()
            raise NotSent("the account was open for too long: it has to be opened again")
        try:
            return await call
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            outcome = await self._as_outcome(error)
        # Outside the handler, so that no request with its signature hangs on the new error.
        raise outcome

    async def _as_outcome(self, error: Exception) -> VenueError:
        if clock_is_off(error):
            await self._set_clock()
        return outcome_of(error, self._secrets, self._spec.venue)
