"""What can be traded: each symbol with the filters that its venue enforces."""

from dataclasses import dataclass
from decimal import Decimal

BINANCE = "binance"
BINANCEUSDM = "binanceusdm"
DELTA = "delta"
BYBIT = "bybit"
OKX = "okx"
KRAKEN = "kraken"
KANA = "kana"
VENUES = (BINANCE, BINANCEUSDM, DELTA, BYBIT, OKX, KRAKEN, KANA)

SPOT = "spot"
LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol of one venue; quantities are in base units or in contracts, as the venue's are.

    `symbol` is unique within the venue. Where the venue itself uses one name for two markets,
    `name` is what it says on the wire.
    """

    venue: str
    symbol: str
    base: str
    quote: str
    settle: str
    tick: Decimal
    step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    start_price: Decimal
    taker: Decimal
    maker: Decimal
    contract_value: Decimal = Decimal(1)
    product_id: int = 0
    max_leverage: int = 125
    kind: str = LINEAR
    name: str = ""

    @property
    def is_spot(self) -> bool:
        """Spot moves balances; everything else moves positions."""
        return self.kind == SPOT

    @property
    def unified(self) -> str:
        """The symbol by which ccxt calls it: derivatives name what they settle in."""
        pair = f"{self.base}/{self.quote}"
        return pair if self.is_spot else f"{pair}:{self.settle}"

    @property
    def wire_name(self) -> str:
        """What the venue calls it."""
        return self.name or self.symbol

    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """The value of a quantity in the quote currency."""
        return qty * price * self.contract_value
