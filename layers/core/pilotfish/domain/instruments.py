"""What can be traded on a venue, in base units whatever the venue's contracts are."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum


class Kind(StrEnum):
    """How an instrument settles."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One market of a venue; quantities in base units, prices and notional in quote units.

    `lot` is the quantity step (a venue's contract size times its contract step) and
    `tick` the price step.
    """

    symbol: str
    kind: Kind
    lot: Decimal
    tick: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    open: bool = True

    def round_down(self, quantity: Decimal) -> Decimal:
        """The largest multiple of the lot that is not above `quantity` (0 or more)."""
        return (quantity / self.lot).to_integral_value(ROUND_DOWN) * self.lot
