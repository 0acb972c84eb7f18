"""The `Venues` port: templates, clocks and opened accounts, kept warm between calls."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NotSent, Rejected, VenueError
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.domain.quotes import Quote
from pilotfish.domain.tickers import Ticker
from pilotfish_venues import catalogue, quotes, tickers
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.addresses import Budgets
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.exchanges import PING_S, Shared, VenueClock, clone, template
from pilotfish_venues.key_memory import KeyMemory
from pilotfish_venues.outcomes import outcome_of
from pilotfish_venues.sessions import Sessions
from pilotfish_venues.spec import Hedge, VenueSpec
from pilotfish_venues.streams import share_markets, streaming_template
from pilotfish_venues.table import VENUES, spec_of

MARKETS_TTL_S = 30.0
# How often the markets are read again for a trade in one that is not among them.
RELIST_S = 60.0
_CLOCK_TTL_MS = 1_000

logger = logging.getLogger(__name__)

OpenKey = Callable[[Account], Awaitable[Credentials]]


@dataclass(slots=True)
class _Desk:
    """A venue of the pool: the template of its accounts, and when its markets were read."""

    exchange: Any
    clock: VenueClock
    loaded_at: float = 0.0
    streaming: Any = None


class CcxtVenues:
    """Implements `pilotfish.ports.Venues`.

    `open_key` unseals an account's key; it is asked again after a while (see `key_memory`), and at
    once when the sealed key changes. A socket counts as dead when pings every `ping_s` go
    unanswered for two to three of them.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        open_key: OpenKey,
        *,
        ping_s: float = PING_S,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._endpoints = endpoints
        self._open_key = open_key
        self._ping_s = ping_s
        self._wall_s = wall_s
        secure = any(
            not self._endpoint(spec).rest.startswith("http://") for spec in VENUES.values()
        )
        self._sessions = Sessions(secure=secure, wall_s=wall_s)
        self._budgets = Budgets()
        self._desks: dict[str, _Desk] = {}
        self._keys = KeyMemory(wall_s)

    async def account(self, account: Account) -> CcxtAccount:
        """The account's venue; raises `NotSent` while the venue's markets cannot be read.

        Raises `Rejected` for an unknown venue and for a key that does not open (`ValueError`).
        """
        if known := self._keys.get(account):
            return known
        spec = spec_of(account.venue)
        try:
            credentials = await self._open_key(account)
        except ValueError:
            raise Rejected(f"the key of account {account.account_id} does not open") from None
        desk = await self._ready(spec, credentials.api_key if spec.markets_need_key else "")
        venue = CcxtAccount(
            account.account_id,
            clone(desk.exchange, credentials),
            credentials,
            lambda keys: self._stream(desk, keys),
            lambda: self._set_clock(desk),
            lambda exchange: self._relist(desk, spec, exchange),
        )
        self._keys.put(account, venue, desk.exchange)
        return venue

    async def instruments(self, venue: str) -> list[Instrument]:
        """What can be traded on a venue now (its markets are read again after half a minute)."""
        spec = spec_of(venue)
        desk = await self._ready(spec)
        if self._wall_s() - desk.loaded_at > MARKETS_TTL_S:
            await self._load(desk, spec)
        return catalogue.instruments(desk.exchange, spec)

    async def tickers(self, venue: str, symbols: Iterable[str]) -> list[Ticker]:
        """Prices now of those of the symbols that the venue has."""
        desk = await self._ready(spec_of(venue))
        try:
            return await tickers.read(desk.exchange, symbols)
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            outcome = outcome_of(error)
        raise outcome

    async def ready(self, venue: str) -> None:
        """Have the venue's markets read."""
        await self._ready(spec_of(venue))

    async def market(self, venue: str, symbol: str) -> PublicMarket | None:
        """A market now, by a request of its own; None: it has none that we trade.

        No account's budget is spent on it.
        """
        spec = spec_of(venue)
        desk = await self._ready(spec)
        instrument = catalogue.instrument(desk.exchange, spec, symbol)
        if instrument is None or spec.read_only:
            return None
        try:
            ticker = await tickers.read_one(desk.exchange, symbol)
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            outcome = outcome_of(error)
        else:
            taker = Decimal(spec.fees[instrument.kind].taker)
            return PublicMarket(instrument, ticker, taker, spec.hedge is not Hedge.NONE)
        raise outcome

    async def quotes(self, venue: str, symbols: Iterable[str]) -> AsyncGenerator[list[Quote], None]:
        """Prices as they move, of those of the symbols that the venue has, for ever."""
        desk = await self._ready(spec_of(venue))
        nobody = Credentials("", "")
        async with aclosing(
            quotes.quotes(desk.exchange, symbols, lambda: self._listener(desk, nobody))
        ) as batches:
            async for batch in batches:
                yield batch

    async def close(self) -> None:
        """Close every connection and erase every key."""
        self._keys.clear()
        await self._sessions.close()

    async def _ready(self, spec: VenueSpec, api_key: str = "") -> _Desk:
        """The venue's desk with its markets and clock; ccxt joins loads that run side by side."""
        desk = self._desks.get(spec.venue)
        if desk is None:
            clock = VenueClock(self._wall_s)
            at = self._endpoint(spec)
            shared = Shared(spec, self._sessions, clock, at, self._ping_s, self._budgets)
            desk = self._desks[spec.venue] = _Desk(template(shared), clock)
        if api_key:
            desk.exchange.apiKey = api_key
        if not desk.loaded_at:
            await asyncio.gather(self._load(desk, spec), self._set_clock(desk))
        return desk

    async def _load(self, desk: _Desk, spec: VenueSpec) -> None:
        """Read the markets. Nothing is sent in anyone's name: a failure is `NotSent`."""
        try:
            await desk.exchange.load_markets(True, dict(spec.market_params))
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            outcome = outcome_of(error, (desk.exchange.apiKey,), venue=spec.venue)
        else:
            desk.loaded_at = self._wall_s()
            return
        if isinstance(outcome, Rejected | NotSent):
            raise outcome
        raise NotSent(f"the markets of {spec.venue} cannot be read: {outcome}")

    async def _relist(self, desk: _Desk, spec: VenueSpec, exchange: Any) -> bool:
        """Let an account see what the venue lists now; False: it saw that already, or cannot."""
        seen = exchange.markets
        if self._wall_s() - desk.loaded_at > RELIST_S:
            try:
                await self._load(desk, spec)
            except VenueError as trouble:
                logger.warning("the markets of %s stay as they were: %s", spec.venue, trouble)
            desk.streaming = None
        share_markets(desk.exchange, exchange)
        return exchange.markets is not seen

    async def _set_clock(self, desk: _Desk) -> None:
        """Ask for the venue's time, unless that was just done; without an answer ours stays."""
        asked_ms = desk.clock.local_ms()
        if asked_ms - desk.clock.asked_ms < _CLOCK_TTL_MS:
            return
        desk.clock.asked_ms = asked_ms
        try:
            server_ms = await desk.exchange.shared.dialect.server_time_ms(desk.exchange)
        except Exception as error:  # noqa: BLE001 - the venue will say if the clock is off
            logger.warning("no time from %s: %s", desk.exchange.id, outcome_of(error))
        else:
            desk.clock.learn(server_ms, asked_ms, desk.clock.local_ms())

    def _stream(self, desk: _Desk, credentials: Credentials) -> Any:
        """A streaming instance for one account; ccxt's socket classes are loaded only now."""
        if desk.streaming is None:
            desk.streaming = streaming_template(desk.exchange)
            desk.streaming.apiKey = ""
        return clone(desk.streaming, credentials)

    def _listener(self, desk: _Desk, credentials: Credentials) -> Any:
        """A streaming instance whose messages are read from ccxt's own caches."""
        exchange = self._stream(desk, credentials)
        exchange.events, exchange.connected = asyncio.Queue(), asyncio.Event()
        exchange.waiting, exchange.timers, exchange.tickers = [], [], {}
        return exchange

    def _endpoint(self, spec: VenueSpec) -> Endpoint:
        return self._endpoints.get(spec.venue, Endpoint())
