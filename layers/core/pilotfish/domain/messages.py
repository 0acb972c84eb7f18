"""What is said on the WebSocket, member by member; docs/asyncapi.yaml is made from this.

What is told on a channel has `channel`, `seq` and `timestamp` (of what it tells). An answer has
the `id` of its command too; its `channel` and `seq` are null unless it is about one channel.
Money is an exact string in `TRADE_UPDATE` and `COPY_UPDATE`, and a number where the product's
documents show one. Times are UTC milliseconds, except within `Position`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, Literal

CommandId = str | int | None

# Left out of the JSON when it is None.
IF_ANY = {"if_any": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The members of everything that is told on a channel."""

    channel: str
    seq: int
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeUpdate(Told):
    """A leader's fill, on `trades` and `trader:<account id>`."""

    type: Literal["TRADE_UPDATE"] = "TRADE_UPDATE"
    fill: str
    leader: str
    venue: str
    symbol: str
    side: str
    position_side: str
    price: str
    quantity: str
    fee: str
    fee_currency: str
    seen_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyUpdate(Told):
    """A copy order in its newest state, on `copies`; `paper`: it is filled with play money.

    A change that comes after a later one of the same order is not told: `revision` only grows.
    """

    type: Literal["COPY_UPDATE"] = "COPY_UPDATE"
    order: str
    revision: int
    follow: str
    leader: str
    fill: str
    leg: str
    account: str
    venue: str
    symbol: str
    side: str
    position_side: str
    state: str
    reason: str
    quantity: str
    filled: str
    average_price: str
    leader_price: str
    client_order_id: str
    venue_order_id: str
    attempts: int
    latency_ms: int
    paper: bool | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """An order as a trading screen shows it; stop and peak are those of a trailing stop."""

    id: str
    symbol: str
    status: str
    current_stop_price: float | None = field(default=None, metadata=IF_ANY)
    peak_price: float | None = field(default=None, metadata=IF_ANY)
    side: str | None = field(default=None, metadata=IF_ANY)
    quantity: float | None = field(default=None, metadata=IF_ANY)
    filled: float | None = field(default=None, metadata=IF_ANY)
    average_price: float | None = field(default=None, metadata=IF_ANY)
    limit_price: float | None = field(default=None, metadata=IF_ANY)
    account: str | None = field(default=None, metadata=IF_ANY)
    venue: str | None = field(default=None, metadata=IF_ANY)
    revision: int | None = field(default=None, metadata=IF_ANY)
    reason: str | None = field(default=None, metadata=IF_ANY)
    paper: bool | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpdate(Told):
    """An order that was sent to a venue, on `orders`."""

    type: Literal["ORDER_UPDATE"] = "ORDER_UPDATE"
    orderType: str  # noqa: N815 - as documented
    order: OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketUpdate(Told):
    """A market now, on `price_updates:<symbol>`; `stale`: nothing newer was to be had."""

    type: Literal["MARKET_UPDATE"] = "MARKET_UPDATE"
    symbol: str
    price: float
    priceChange: float | None  # noqa: N815 - as documented
    priceChangePercent: float | None  # noqa: N815 - as documented
    high: float | None
    low: float | None
    volume: float | None
    venue: str | None = field(default=None, metadata=IF_ANY)
    stale: bool | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An open position; `timestamp` is when it was opened, ISO 8601 in UTC, null if unknown.

    Of a contract that settles in its coin `quantity` is what it was worth at `entry_price`, and
    profit counts in quote units. `priced_ms` is the time of `current_price`; `stale`: it is too old
    to rely on. `paper`: it is held with play money.
    """

    id: str
    symbol: str
    type: Literal["buy", "sell"]
    quantity: float
    entry_price: float | None
    current_price: float | None
    current_pnl: float | None
    timestamp: str | None
    status: Literal["open"] = "open"
    account: str | None = field(default=None, metadata=IF_ANY)
    venue: str | None = field(default=None, metadata=IF_ANY)
    leader: str | None = field(default=None, metadata=IF_ANY)
    realized_pnl: float | None = field(default=None, metadata=IF_ANY)
    priced_ms: int | None = field(default=None, metadata=IF_ANY)
    stale: bool | None = field(default=None, metadata=IF_ANY)
    paper: bool | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionUpdate(Told):
    """All open positions of the user, on `positions`, and the answer to `get_positions`.

    A frame of the gateway holds some 300; of more the largest are told, and how many `left_out`.
    """

    type: Literal["POSITION_UPDATE"] = "POSITION_UPDATE"
    positions: tuple[Position, ...]
    left_out: int | None = field(default=None, metadata=IF_ANY)
    id: CommandId = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletState:
    """An account's wallet as of `read_ms`, in dollars, which a stablecoin counts as.

    `balance` and `equity` are null, and `error` says why, while nobody knows them; `unpriced` are
    coins without a price, which are not in them.
    """

    account: str
    venue: str | None
    balance: float | None
    equity: float | None
    read_ms: int | None
    stale: bool
    unpriced: tuple[str, ...] | None = field(default=None, metadata=IF_ANY)
    error: str | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPortfolio:
    """What the user's accounts on paper have, and their copies earned: play money."""

    balance: float | None
    equity: float | None
    total_pnl: float
    positions_count: int
    realized_pnl: float
    unrealized_pnl: float
    wallets: tuple[WalletState, ...] | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What the user's accounts have, and the copies have earned; `paper` is not in it.

    `balance` is what was in the wallets when they were read, at `balance_ms` the first of them:
    dollars and stablecoins as one each, other coins at their price, and no profit that is open.
    `equity` has that too, of all positions that the accounts hold, copies or not. While a wallet is
    not known the one is null and the other left out; `wallets` says of which, and why. `total_pnl`
    is realized and unrealized, of the copies and of what leaders hold, in quote units.
    """

    balance: float | None
    total_pnl: float
    positions_count: int
    realized_pnl: float
    unrealized_pnl: float | None = field(default=None, metadata=IF_ANY)
    equity: float | None = field(default=None, metadata=IF_ANY)
    balance_ms: int | None = field(default=None, metadata=IF_ANY)
    stale: bool | None = field(default=None, metadata=IF_ANY)
    wallets: tuple[WalletState, ...] | None = field(default=None, metadata=IF_ANY)
    paper: PaperPortfolio | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioUpdate(Told):
    """The user's portfolio, on `portfolio_updates`, and the answer to `get_portfolio`."""

    type: Literal["PORTFOLIO_UPDATE"] = "PORTFOLIO_UPDATE"
    portfolio: Portfolio
    id: CommandId = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Exposures in quote units; `concentration` is the largest position's part of the gross.

    `drawdown` is how far `total_pnl` is below its highest since the channel was first asked for.
    """

    gross_exposure: float
    net_exposure: float
    largest_position: float
    concentration: float
    unrealized_pnl: float
    total_pnl: float
    drawdown: float
    positions_count: int
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskUpdate(Told):
    """The user's risk, on `risk_metrics_updates`."""

    type: Literal["RISK_UPDATE"] = "RISK_UPDATE"
    risk: Risk


class Severity(StrEnum):
    """How soon a person should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNote:
    """Something that a person should see; the same `id` is the same matter."""

    id: str
    kind: str
    severity: Severity
    message: str
    account: str
    symbol: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Told):
    """A notice, on `alerts`."""

    type: Literal["ALERT"] = "ALERT"
    alert: AlertNote


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """A back-fill of an account's past trades; periods are UTC milliseconds."""

    id: str
    account: str
    venue: str
    kind: str
    status: str
    since_ms: int
    until_ms: int
    pages: int
    trades_synced: int
    trades_updated: int
    trades_known: int
    error: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncUpdate(Told):
    """How far a back-fill has come, on `sync`."""

    type: Literal["SYNC_UPDATE"] = "SYNC_UPDATE"
    sync: SyncState


Event = TradeUpdate | CopyUpdate | OrderUpdate | Alert | SyncUpdate
State = MarketUpdate | PositionUpdate | PortfolioUpdate | RiskUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Told):
    """How things are on a channel of events as of `seq`, instead of what was missed.

    `messages` are the newest of the channel, oldest first, each as it would be told now, without
    a number of its own (`seq` is the snapshot's). `complete`: nothing that may have changed
    meanwhile was left out.
    """

    type: Literal["SNAPSHOT"] = "SNAPSHOT"
    complete: bool
    messages: tuple[Event | Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The gateway did not take all that was told: `resume`, the channels are at `channels`."""

    type: Literal["BEHIND"] = "BEHIND"
    channel: None = None
    seq: None = None
    timestamp: int
    channels: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The members of every answer."""

    id: CommandId
    channel: str | None = None
    seq: int | None = None
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack(Answer):
    """The command was carried out.

    `channels` has the number of the last event on each channel that it was about: what comes next
    on a channel of events is that and one. `snapshots` names those that were told anew by a
    `SNAPSHOT`.
    """

    type: Literal["ACK"] = "ACK"
    channels: dict[str, int] = field(default_factory=dict)
    snapshots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(Answer):
    """A sign of life, with the last number of each channel of events that the client listens to."""

    type: Literal["PONG"] = "PONG"
    channels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class History(Answer):
    """A page of what a channel told in the past, oldest first; `next` is for the following page."""

    type: Literal["HISTORY"] = "HISTORY"
    messages: tuple[Event, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Error(Answer):
    """The command was not carried out; the connection lives. `limit` is the limit that was hit."""

    type: Literal["ERROR"] = "ERROR"
    code: str
    message: str
    limit: int | None = field(default=None, metadata=IF_ANY)


Message = Event | State | Snapshot | Behind | Ack | Pong | History | Error


@cache
def _members(
    kind: type,
) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], frozenset[str]]:
    """Names, of messages the common ones around; how to read them; which are left out when None."""
    names = [each.name for each in fields(kind)]
    if "channel" in names:
        place = {"type": -1, "timestamp": 1, "channel": 2, "seq": 3}
        names.sort(key=lambda name: place.get(name, 0))
    if_any = frozenset(each.name for each in fields(kind) if "if_any" in each.metadata)
    return tuple(names), attrgetter(*names), if_any


def members(message: Any) -> dict[str, Any]:
    """A message, or a part of one, as the JSON object that it is."""
    kind: Any = type(message)
    names, values_of, if_any = _members(kind)
    values = values_of(message)
    if if_any and None in values:
        both = zip(names, values, strict=True)
        return {name: value for name, value in both if value is not None or name not in if_any}
    return dict(zip(names, values, strict=True))


def encode(message: Any) -> bytes:
    """The message as it goes over the wire."""
    return json.dumps(members(message), default=members, separators=(",", ":")).encode()
