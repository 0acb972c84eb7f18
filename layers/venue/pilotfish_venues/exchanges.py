"""ccxt's exchange classes, tuned so that many accounts of a venue can share what is costly.

One template per venue holds the markets. An account is a shallow copy of it with its own keys,
options and budget. Sessions, loop and clock are asked for at each call, never copied.
"""

import asyncio
import copy
import importlib
import logging
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ccxt.base.errors import BadResponse

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.errors import NotSent
from pilotfish_venues.addresses import Budgets
from pilotfish_venues.dialects import dialect_of
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.outcomes import read_reply, told_wait_s
from pilotfish_venues.sessions import Sessions, Sockets
from pilotfish_venues.spec import VenueSpec
from pilotfish_venues.throttle import Bucket

TIMEOUT_MS = 10_000
ORDER_PATIENCE_S = 1.0

NO_PARAMS: Mapping[str, Any] = {}
# What is read of one of ccxt's trades.
TRADE_FIELDS = ("id", "order", "timestamp", "symbol", "side", "price", "amount", "fee")
PING_S = 5.0
_TOO_MUCH = frozenset({418, 429})

# At DEBUG ccxt logs every request with its headers, and so the API key.
_LOG = logging.getLogger("pilotfish_venues.ccxt")
_LOG.setLevel(logging.WARNING)


# When the right to send was taken (our ms), while an order is being signed.
signed_at: ContextVar[int | None] = ContextVar("signed_at", default=None)


class VenueClock:
    """How far a venue's clock is ahead of ours, shared by all accounts of the venue."""

    def __init__(self, wall_s: Callable[[], float] = time.time) -> None:
        self._wall_s = wall_s
        self.offset_ms = 0
        self.asked_ms = 0

    def local_ms(self) -> int:
        """Our own time."""
        return int(self._wall_s() * 1000)

    def now_ms(self) -> int:
        """The venue's time as far as we know it."""
        return self.local_ms() + self.offset_ms

    def timestamp_ms(self) -> int:
        """What to sign: for an order the time of its claim, so that a late one is refused."""
        claimed_ms = signed_at.get()
        return self.now_ms() if claimed_ms is None else claimed_ms + self.offset_ms

    def learn(self, server_ms: int, asked_ms: int, answered_ms: int) -> None:
        """Take the venue's answer as its time in the middle of the round trip (our ms)."""
        self.offset_ms = server_ms - (asked_ms + answered_ms) // 2


class Shared:
    """What every instance of a venue uses and none owns; `ping_s` is for sockets."""

    def __init__(
        self,
        spec: VenueSpec,
        sessions: Sessions,
        clock: VenueClock,
        endpoint: Endpoint | None = None,
        ping_s: float = PING_S,
        budgets: Budgets | None = None,
    ) -> None:
        budgets = budgets or Budgets()
        self.spec = spec
        self.dialect = dialect_of(spec)
        self.sessions = sessions
        self.clock = clock
        self.endpoint = at = endpoint or Endpoint()
        self.ping_s = ping_s
        self.requests = budgets.of(spec.by_address, at.rest, at.addresses)
        self.sockets = Sockets(sessions, budgets.of(spec.sockets, at.ws, at.addresses))


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request costs by ccxt's table, where in that, and whether it may change something."""

    cost: float
    section: str
    changes: bool


class Tuned:
    """Mixed in before a ccxt class; `template` makes such a class for each venue."""

    shared: Shared
    bucket: Bucket

    @property
    def session(self) -> Any:
        return self.shared.sessions.rest()

    @session.setter
    def session(self, value: object) -> None:
        """ccxt sets it to None; the session is the pool's."""

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop | None:
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return None

    @asyncio_loop.setter
    def asyncio_loop(self, value: object) -> None:
        """Always the running loop."""

    def __del__(self) -> None:
        """Nothing to release: ccxt would warn about the pool's session."""

    def calculate_rate_limiter_cost(
        self, api: Any, method: str, path: str, params: Any, config: Mapping[str, Any] = NO_PARAMS
    ) -> Charge:
        """What ccxt passes to `throttle`."""
        parent: Any = super()
        cost = parent.calculate_rate_limiter_cost(api, method, path, params, config)
        section = api if isinstance(api, str) else api[0]
        return Charge(float(cost), section, method != "GET")

    async def throttle(self, charge: Charge) -> None:
        """Wait for the account's budget, then for the address's.

        An order does not wait long, because its claim would grow old; nor does it wait for reads.
        """
        claimed = signed_at.get() is not None
        delay_s = self.bucket.take(charge.cost)
        if delay_s > ORDER_PATIENCE_S and claimed:
            self.bucket.give_back(charge.cost)
            raise NotSent("the account's own request budget is spent", delay_s)
        if delay_s > 0:
            await asyncio.sleep(delay_s)
        await self._share(charge, claimed=claimed)

    async def _share(self, charge: Charge, *, claimed: bool) -> None:
        limit, budget = self.shared.spec.by_address, self.shared.requests
        orders = claimed and charge.changes
        if limit is None or budget is None or (orders and not limit.orders):
            return
        cost = limit.price(charge.cost, charge.section)
        try:
            async with asyncio.timeout(ORDER_PATIENCE_S if claimed else None):
                await budget.take(id(self.bucket), cost, first=orders)
        except TimeoutError:
            self.bucket.give_back(charge.cost)
            wait_s = budget.bucket.wait_s(cost)
            raise NotSent("the address's request budget is spent", wait_s) from None

    def parse_trades_helper(
        self, is_ws: bool, trades: Any, market: Any = None, since: Any = None, limit: Any = None,
        params: Mapping[str, Any] = NO_PARAMS,
    ) -> list[Any]:  # fmt: skip
        """Row by row, all of them: ccxt sorts by what a bad row lacks, and fails for all."""
        this: Any = self
        parse = this.parse_ws_trade if is_ws else this.parse_trade
        rows = []
        for trade in this.to_array(trades):
            try:
                rows.append({**parse(trade, market), **params})
            except Exception:  # noqa: BLE001 - see `reports`
                rows.append(dict.fromkeys(TRADE_FIELDS) | {"info": trade})
        return rows

    def nonce(self) -> int:
        """The timestamp that most venues sign (ms)."""
        return self.shared.clock.timestamp_ms()

    def seconds(self) -> int:
        """The timestamp that Delta signs (s)."""
        return self.shared.clock.timestamp_ms() // 1000

    def handle_errors(
        self, code: int, reason: str, url: str, method: str,
        headers: Any, body: str, response: Any, *request: Any,
    ) -> Any:  # fmt: skip
        """As ccxt, with the venue's answer kept on the error.

        An answer that is none of the venue's is an error too: ccxt would read an empty list in it.
        """
        parent: Any = super()
        spec = self.shared.spec
        self._told(code, headers)
        try:
            handled = parent.handle_errors(
                code, reason, url, method, headers, body, response, *request
            )
            if not handled and code >= 400:
                parent.handle_http_status_code(code, reason, url, method, body)
            if code < 400 and not _is_answer(spec, url, response):
                raise BadResponse(f"{spec.venue} answered with something else")
        except Exception as error:
            error.venue_reply = read_reply(code, headers, body, response, spec.codes)  # type: ignore[attr-defined]
            raise
        return handled

    def _told(self, code: int, headers: Any) -> None:
        """Keep to what the venue says of the address: others may be behind it too."""
        limit, budget = self.shared.spec.by_address, self.shared.requests
        if limit is None or budget is None:
            return
        left = limit.left(headers)
        if left is not None:
            budget.bucket.keep_to(left * self.shared.endpoint.addresses)
        if code in _TOO_MUCH and signed_at.get() is None:
            budget.bucket.rest(max(told_wait_s(headers), 1.0))


def _is_answer(spec: VenueSpec, url: str, response: object) -> bool:
    """Whether what came can be an answer of the venue's to this request."""
    if urlsplit(url).path.rpartition("/")[2] in spec.lists:
        return isinstance(response, list)
    if isinstance(response, dict):
        return spec.envelope <= set(response)
    return isinstance(response, list) and not spec.envelope


def template(shared: Shared, package: str = "ccxt.async_support", mixin: type | None = None) -> Any:
    """An instance of a venue's class without keys; imports that class only."""
    spec = shared.spec
    module = importlib.import_module(spec.module or f"{package}.{spec.ccxt_id}")
    base = getattr(module, spec.ccxt_id)
    tuned = type(base.__name__, (mixin or shared.dialect.rest, base), {"shared": shared})
    exchange: Any = tuned(
        {
            "session": None,
            "logger": _LOG,
            "number": str,
            "timeout": TIMEOUT_MS,
            "enableRateLimit": True,
            # Or each account would hold on to the text of the last answer, markets and all.
            "enableLastHttpResponse": False,
            "enableLastResponseHeaders": False,
            "options": dict(spec.options),
        }
    )
    exchange.ssl_context = False  # the session has it
    exchange.has = {**exchange.has, "fetchCurrencies": False}  # the markets name them
    urls = Endpoint(spec.rest_host).rewrite(exchange.urls["api"])
    exchange.urls = {**exchange.urls, "api": shared.endpoint.rewrite(urls)}
    exchange.bucket = new_bucket(exchange)
    return exchange


def new_bucket(exchange: Any) -> Bucket:
    """A full budget at the venue's steady rate."""
    spec: VenueSpec = exchange.shared.spec
    per_second = 1000 / spec.cost_ms
    return Bucket(per_second, per_second * spec.burst_s)


def clone(original: Any, credentials: Credentials) -> Any:
    """An account's own instance: markets are shared, keys and all that a call changes are not."""
    exchange = copy.copy(original)
    exchange.apiKey = credentials.api_key
    exchange.secret = credentials.secret
    exchange.password = credentials.password
    exchange.options = dict(original.options)
    exchange.headers = dict(original.headers)
    exchange.balance = {}
    exchange.clients = {}
    exchange.bucket = new_bucket(original)
    return exchange
