"""What a row of the venue table says: the ways in which one venue differs from the next.

What a row does not allow is refused before ccxt sees it, because ccxt passes a parameter that it
does not know on as it is, and a plain order goes out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import VenueError
from pilotfish.domain.instruments import Kind
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.payments import Tells
from pilotfish.domain.venues import Evidence
from pilotfish_venues.addresses import Limit

DAY_MS = 86_400_000
RECEIVE_WINDOW_MS = 5_000
NOTHING: Mapping[str, Any] = {}

SPOT = frozenset({Kind.SPOT})
LINEAR = frozenset({Kind.LINEAR})
NO_KIND: frozenset[Kind] = frozenset()


class Lookup(StrEnum):
    """How an order is found by its client id; among the recent orders it is looked for as well."""

    PARAM = "by the unified call, as `lookup_param`"
    NATIVE = "by an endpoint of the venue's own, in the dialect"
    OPEN = "among open orders only, as `lookup_param`"
    RECENT = "only among the recent orders"


class Hedge(StrEnum):
    """How an order of an account with two positions a symbol names its position."""

    NONE = "such accounts are refused"
    NAMED = "`positionSide` beside the side, and no reduce-only"
    HEDGED = "ccxt's `hedged`; reduce-only says which position the side means"


class Levering(StrEnum):
    """How the leverage of a market is set."""

    NONE = "not at all"
    SYMBOL = "by symbol, for both sides in one request"
    SIDES = "by symbol, with a request for each side"
    WITH_MODE = "by symbol, in one with the margin mode"


class Cursor(StrEnum):
    """How the next page of a list of fills is asked for; `FillList.cursor_param` carries it."""

    NONE = "there is one page"
    OFFSET = "the number of rows read so far"
    NUMBER = "the number of the page"
    LAST_ID = "the field `cursor_field` of the last row"
    TIME = "the time of the last row, which is asked for again"
    NATIVE = "in the dialect's own way"


@dataclass(frozen=True, slots=True)
class ClientId:
    """What a venue takes as a client order id, under which parameter, and how it is found again.

    `prefix` is put before our id on the wire and is part of what `longest` counts. Where the
    venue `answers_again`, an id that was used brings the first order's answer, not a refusal.
    """

    param: str
    longest: int
    lookup: Lookup
    lookup_param: str = ""
    prefix: str = ""
    alphabet: str = "0-9A-Za-z_-"
    answers_again: bool = False

    def on_the_wire(self, client_id: str) -> str:
        """The id as the venue knows it."""
        return self.prefix + client_id

    def takes(self, client_id: str) -> bool:
        """Whether the venue accepts it."""
        known = re.fullmatch(f"[{self.alphabet}]+", client_id) is not None
        return known and len(self.on_the_wire(client_id)) <= self.longest


@dataclass(frozen=True, slots=True)
class FillList:
    """One list of an account's fills over REST; several of them may make up the account.

    `types` are ccxt's market types in it, `params` what asks for it. `page` is the most rows of an
    answer and `window_ms` the longest period of a request, 0 for any. With a `fixed_end` the
    period is closed before the first page, because new fills would shift the pages.
    """

    page: int
    types: frozenset[str] = frozenset()
    params: Mapping[str, Any] = field(default_factory=dict)
    needs_symbol: bool = False
    window_ms: int = 0
    cursor: Cursor = Cursor.NONE
    cursor_param: str = ""
    cursor_field: str = ""
    newest_first: bool = True
    fixed_end: bool = False
    until_param: str = "until"


@dataclass(frozen=True, slots=True)
class FundingList:
    """Where an account's funding is told: ccxt's `fetch_funding_history`, once for each `params`.

    A request is of at most `window_ms` and `page` rows. Where `turned`, what is paid is positive.
    `size` is the field that tells how much was held, in the venue's units.
    """

    page: int
    window_ms: int
    params: tuple[Mapping[str, Any], ...] = (NOTHING,)
    turned: bool = False
    size: str = ""


@dataclass(frozen=True, slots=True)
class FundingPage:
    """One request for funding: `most` rows of a time (UTC ms), both its ends included."""

    params: Mapping[str, Any]
    most: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """One `watch_my_trades` of ccxt's, and fields of the message that confirms it.

    Without an `ack` the connection itself is the confirmation.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    ack: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fees:
    """The venue's list price for a small account, as fractions of the notional."""

    maker: str
    taker: str


@dataclass(frozen=True, slots=True)
class OrderKindFields:
    """Where a fill says what kind of order it came from; `a.b` is a field within an object.

    `names` are looked at in their order, `waited` say by themselves that the order had waited for a
    price. `streamed` and `listed` are the kinds of instrument whose fills say it on the socket and
    over REST. Not `conditional`: what waited is told as the market or limit order that it sent.
    """

    names: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()
    streamed: frozenset[Kind] = NO_KIND
    listed: frozenset[Kind] = NO_KIND
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class VenueSpec:
    """One venue.

    `kinds` can be copied to; of `market_types` fills are listened to. `positions` and `balances`
    are the parameters of each request that together tell all holdings. `reduces_only`, `hedge`,
    `leverage`, `whole_leverage` and `margin_modes` concern derivatives: those of the margin modes
    that may be asked for, because they are set by symbol or named by each order of ours. Where it
    `tells_most_leverage` ccxt's markets say a market's highest. `unchanged` are the codes of a
    setting that is so already. `triggers` names the kinds of instrument for which a conditional
    order is taken, `attached` those whose entry may carry stop and target.
    With an `own_stream` the dialect listens by itself, without ccxt's socket class.
    `quotes` are the currencies in which a spot holding is looked for besides those held.
    `module` has a class of our own where ccxt has none. `read_only` says why no order is ever sent,
    where that is so. With `markets_need_key` the markets are read with the key of the account that
    is opened first.
    With `buys_by_quote` a market buy on spot names a quote amount: one of ours goes out with a
    limit above the market instead, so that it buys the quantity asked for.
    `rest_host` is where the venue is, when ccxt's class is of a sister of it.
    `tells_fees` are the kinds whose orders tell their own fee, in the coin that it was paid in;
    of others it is read from trades.
    `envelope` are the fields without which an answer is no answer of the venue's; `lists` the last
    parts of the paths whose answers are lists.
    `codes` are outcomes by the venue's own code where ccxt's class says less.
    A request costs ccxt's figure for it times `cost_ms`; an account may spend `burst_s` of that
    at once. `by_address` is what all accounts at an IP address may ask for together, and `sockets`
    how many connections they may open.
    """

    venue: str
    ccxt_id: str
    name: str
    kinds: frozenset[Kind]
    market_types: frozenset[str]
    evidence: Evidence
    client_id: ClientId
    fills: tuple[FillList, ...]
    dialect: str = ""
    aliases: tuple[str, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    own_stream: bool = False
    positions: tuple[Mapping[str, Any], ...] = ()
    balances: tuple[Mapping[str, Any], ...] = ()
    open_orders: tuple[Mapping[str, Any], ...] = (NOTHING,)
    ioc_params: Mapping[str, Any] = field(default_factory=lambda: {"timeInForce": "IOC"})
    reduces_only: bool = False
    hedge: Hedge = Hedge.NONE
    leverage: Levering = Levering.NONE
    whole_leverage: bool = False
    tells_most_leverage: bool = True
    margin_modes: tuple[MarginMode, ...] = ()
    unchanged: tuple[str, ...] = ()
    triggers: Mapping[TriggerKind, frozenset[Kind]] = field(default_factory=dict)
    attached: frozenset[Kind] = NO_KIND
    order_kinds: OrderKindFields = OrderKindFields()
    test_env: bool = False
    signs_time: bool = True
    buys_by_quote: bool = False
    needs_password: bool = False
    tells_least_cost: bool = True
    funding: FundingList | None = None
    fees: Mapping[Kind, Fees] = field(default_factory=dict)
    quote_fees: bool = False
    tells_fees: frozenset[Kind] = NO_KIND
    envelope: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    codes: Mapping[str, type[VenueError]] = field(default_factory=dict)
    error_section: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    read_only: str = ""
    markets_need_key: bool = False
    rest_host: str = ""
    market_params: Mapping[str, str] = field(default_factory=dict)
    quotes: tuple[str, ...] = ()
    cost_ms: float = 50.0
    burst_s: float = 10.0
    by_address: Limit | None = None
    sockets: Limit | None = None

    @property
    def streams_fills(self) -> bool:
        """Whether the account's fills come over a socket."""
        return bool(self.subscriptions) or self.own_stream

    @property
    def tells_funding(self) -> Tells:
        """Whether the venue tells what perpetuals paid; NONE where it has none."""
        if self.market_types <= {"spot"}:
            return Tells.NONE
        return Tells.NO if self.funding is None else Tells.YES

    @property
    def fills_need_symbol(self) -> bool:
        """Whether some fills can be listed only for a symbol that is known beforehand."""
        return any(listed.needs_symbol for listed in self.fills)
