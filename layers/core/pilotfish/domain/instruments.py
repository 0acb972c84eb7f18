"""What can be traded on a venue, in base units whatever the venue's contracts are."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum


class Kind(StrEnum):
    """How an instrument settles."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


def settle_of(symbol: str) -> str:
    """What a unified symbol settles in: `USDT` of `BTC/USDT:USDT-250926`; empty on spot."""
    return symbol.partition(":")[2].partition("-")[0]


def kind_of(symbol: str) -> Kind:
    """How a unified symbol settles: what does not in its quote is no linear contract."""
    settle, quote = settle_of(symbol), symbol.partition("/")[2].partition(":")[0]
    if not settle:
        return Kind.SPOT
    return Kind.LINEAR if settle == quote else Kind.INVERSE


@dataclass(frozen=True, slots=True)
class Instrument:
    """One market of a venue; quantities in base units, prices and notional in quote units.

    `lot` is the quantity step (a venue's contract size times its contract step) and
    `tick` the price step. `contract_size` is what one of the venue's contracts is: base units, of
    an inverse market quote units; 1 on spot.
    """

    symbol: str
    kind: Kind
    lot: Decimal
    tick: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    open: bool = True
    contract_size: Decimal = Decimal(1)

    @property
    def settle(self) -> str:
        """The currency that profit and loss are paid in; empty on spot."""
        return settle_of(self.symbol)

    def round_down(self, quantity: Decimal) -> Decimal:
        """The largest multiple of the lot that is not above `quantity` (0 or more)."""
        return (quantity / self.lot).to_integral_value(ROUND_DOWN) * self.lot
