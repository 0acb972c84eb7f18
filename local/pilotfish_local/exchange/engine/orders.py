"""Orders and fills as the book keeps them, and the reasons for which an order is refused."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import Instrument

BUY = "BUY"
SELL = "SELL"
OPEN_STATES = ("NEW", "PARTIALLY_FILLED")


class Reason(StrEnum):
    """Why a request is refused; each venue says it in its own code and words."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    MARKET_CLOSED = "market_closed"
    BAD_REQUEST = "bad_request"
    PRECISION = "precision"
    PRICE_GRID = "price_grid"
    QTY_GRID = "qty_grid"
    QTY_TOO_SMALL = "qty_too_small"
    QTY_TOO_LARGE = "qty_too_large"
    NOTIONAL = "notional"
    INSUFFICIENT = "insufficient"
    REDUCE_ONLY = "reduce_only"
    POSITION_SIDE = "position_side"
    REDUCE_ONLY_IN_HEDGE = "reduce_only_in_hedge"
    DUPLICATE_CLIENT_ID = "duplicate_client_id"
    BAD_CLIENT_ID = "bad_client_id"
    WOULD_TAKE = "would_take"
    UNREAD = "unread"
    UNKNOWN_ORDER = "unknown_order"


class Refused(Exception):
    """The venue says no: nothing was accepted."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Slices:
    """How an order is filled: in so many pieces, apart by so long, up to a part of it."""

    pieces: int = 1
    interval_ms: int = 0
    fraction: Decimal = Decimal(1)


WHOLE = Slices()


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as asked for, before any check; price is None for a market order.

    `waited_as` is the kind of the stop order that sent it.
    """

    symbol: str
    side: str
    type: str
    qty: Decimal
    price: Decimal | None = None
    time_in_force: str = "GTC"
    reduce_only: bool = False
    position_side: str = "BOTH"
    client_id: str = ""
    post_only: bool = False
    quote_qty: Decimal | None = None
    waited_as: str = ""


def auto_client_id(order_id: int) -> str:
    """What an order is called that came without a client id."""
    return f"auto{order_id}"


def closes_a_side(side: str, position_side: str) -> bool:
    """Whether an order of hedge mode closes its position: selling a long, buying a short."""
    return position_side == ("LONG" if side == SELL else "SHORT")


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution; `realized` is the profit it booked, `fee` what it cost in `fee_asset`.

    `closed` is how much of it closed a position; `number` rises by one over all markets.
    """

    trade_id: int
    order: "Order"
    qty: Decimal
    price: Decimal
    at_ns: int
    maker: bool
    fee: Decimal
    fee_asset: str
    realized: Decimal
    closed: Decimal = ZERO
    number: int = 0


@dataclass(slots=True, eq=False)
class Order:
    """An accepted order; once here it stays in the book for ever.

    `quote_qty` is set when it was asked for as an amount of quote currency.
    """

    id: int
    client_id: str
    account: str
    instrument: Instrument
    side: str
    type: str
    qty: Decimal
    price: Decimal | None
    time_in_force: str
    reduce_only: bool
    position_side: str
    accepted_ns: int
    quote_qty: Decimal | None = None
    waited_as: str = ""
    status: str = "NEW"
    filled: Decimal = ZERO
    quote_filled: Decimal = ZERO
    updated_ns: int = 0
    hidden_until_ns: int = 0
    held_price: Decimal = ZERO
    piece: Decimal = ZERO
    fills: list[Fill] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it may still fill."""
        return self.status in OPEN_STATES

    def apply(self, fill: Fill) -> None:
        """Take in an execution."""
        self.filled += fill.qty
        self.quote_filled += fill.qty * fill.price
        self.updated_ns = fill.at_ns
        self.status = "PARTIALLY_FILLED" if self.filled < self.qty else "FILLED"
        self.fills.append(fill)

    @property
    def given_client_id(self) -> str:
        """The client id that the client chose, empty when it chose none."""
        return "" if self.client_id == auto_client_id(self.id) else self.client_id

    @property
    def only_closes(self) -> bool:
        """Whether it may never open or enlarge a position."""
        return self.reduce_only or closes_a_side(self.side, self.position_side)

    @property
    def remaining(self) -> Decimal:
        """What has not filled yet."""
        return self.qty - self.filled

    @property
    def average(self) -> Decimal:
        """The average fill price, zero before the first fill."""
        return self.quote_filled / self.filled if self.filled else ZERO


@dataclass(frozen=True, slots=True)
class Rejection:
    """An attempt to place an order that the venue refused, with the venue's own words."""

    account: str | None
    venue: str
    symbol: str
    side: str
    type: str
    qty: str
    client_id: str
    code: str
    message: str
    at_ns: int
