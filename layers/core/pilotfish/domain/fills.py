"""One execution on a leader's account."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pilotfish.domain.instruments import Kind, kind_of


class Side(StrEnum):
    """The side of an order or a fill."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


class PositionSide(StrEnum):
    """Which position a fill belongs to: NET in one-way mode and on spot."""

    NET = "net"
    LONG = "long"
    SHORT = "short"


class Liquidity(StrEnum):
    """Whether a fill gave liquidity or took it; NOT_TOLD where the venue does not say."""

    MAKER = "maker"
    TAKER = "taker"
    NOT_TOLD = ""


class OrderKind(StrEnum):
    """What kind of order a fill came from: one that waited for a price first is CONDITIONAL.

    NOT_TOLD where the venue does not say.
    """

    MARKET = "market"
    LIMIT = "limit"
    CONDITIONAL = "conditional"
    NOT_TOLD = ""


def is_spot(symbol: str) -> bool:
    """Unified symbols of derivatives name what they settle in: `BTC/USDT:USDT`."""
    return ":" not in symbol


@dataclass(frozen=True, slots=True)
class Fill:
    """A venue's trade on one account; quantity in base units, times in UTC milliseconds.

    `traded_ms` is the venue's time, `seen_ms` ours. The venue's trade id makes the fill
    unique per account and symbol: however often it is seen, it is written once.
    One of `history` was read by a back-fill: it is never copied, and moves no position.
    `position_before` (signed base units) is what the account held when the fill was written
    down, `opened_before` (base units) what its order had opened of the position by then, and
    `number` counts the account's fills in that order, from 1; the poller stamps all three.
    """

    account_id: str
    venue: str
    symbol: str
    trade_id: str
    order_id: str
    side: Side
    position_side: PositionSide
    price: Decimal
    quantity: Decimal
    traded_ms: int
    seen_ms: int
    fee: Decimal = Decimal(0)
    fee_currency: str = ""
    position_before: Decimal = Decimal(0)
    history: bool = False
    number: int = 0
    client_order_id: str = ""
    liquidity: Liquidity = Liquidity.NOT_TOLD
    opened_before: Decimal = Decimal(0)
    order_kind: OrderKind = OrderKind.NOT_TOLD

    @property
    def kind(self) -> Kind:
        """How what was traded settles."""
        return kind_of(self.symbol)

    @property
    def notional(self) -> Decimal:
        """Quote units, computed by us: venues' own figures differ for one and the same fill."""
        return self.price * self.quantity

    @property
    def fill_id(self) -> str:
        """Sorts by the venue's time within the account."""
        return f"{self.traded_ms:013d}-{self.symbol}-{self.trade_id}"

    @property
    def signed_quantity(self) -> Decimal:
        """Base units, negative for a sell."""
        return self.side.sign * self.quantity

    @property
    def position_change(self) -> Decimal:
        """Base units that the holding changed by: on spot a fee in the traded coin comes off it."""
        paid_in_base = self.fee_currency == self.symbol.partition("/")[0]
        comes_off = is_spot(self.symbol) and paid_in_base
        return self.signed_quantity - (self.fee if comes_off else Decimal(0))
