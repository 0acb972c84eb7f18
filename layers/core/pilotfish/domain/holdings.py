"""What a leader holds, fill by fill."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.averaging import Averaged
from pilotfish.domain.fills import Fill, is_spot
from pilotfish.domain.netting import position_key, split
from pilotfish.domain.opened import Opened, opened_by, with_opened

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Held:
    """A position: signed base units, what a unit of it cost on average, and was traded at last.

    None is a price that nobody knows: a part of the position is older than our listening, and its
    venue does not say (on spot none does). Prices and what closing earned are in quote units.
    `venue` is empty until a fill of it was seen; `opened_ms` is the venue's time; `orders` opened
    it last.
    """

    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    last_price: Decimal | None = None
    realized: Decimal = ZERO
    opened_ms: int = 0
    venue: str = ""
    orders: Opened = ()

    def after(self, fill: Fill) -> "Held":
        """The position after a fill of it.

        A spot holding never goes below zero: what is sold beyond it was held without our knowing.
        """
        change = fill.position_change
        if is_spot(fill.symbol):
            change = max(change, -self.quantity)
        before = Averaged(self.quantity, self.entry_price, self.realized)
        after = before.after(fill.symbol, change, fill.price)
        opened = after.quantity and self.quantity * after.quantity <= ZERO
        return Held(
            after.quantity,
            after.entry_price,
            fill.price,
            after.realized,
            fill.traded_ms if opened else self.opened_ms,
            fill.venue,
            with_opened(self.orders, fill.order_id, self.opens(fill)),
        )

    def opens(self, fill: Fill) -> Decimal:
        """What a fill of the position opens (base units)."""
        return abs(split(self.quantity, fill.position_change).entry)


@dataclass(slots=True)
class Holdings:
    """An account's positions by `position_key`, and how many fills were written down so far."""

    positions: dict[str, Held] = field(default_factory=dict)
    fills: int = 0

    def copy(self) -> "Holdings":
        """One that can move on by itself."""
        return Holdings(dict(self.positions), self.fills)

    def take(self, other: "Holdings") -> None:
        """Become what the other one is."""
        self.positions.update(other.positions)
        self.fills = other.fills


def stamp(fills: Iterable[Fill], holdings: Holdings) -> list[Fill]:
    """The fills with their number and what was there before each; `holdings` move along."""
    stamped = []
    for fill in fills:
        key = position_key(fill.symbol, fill.position_side)
        before = holdings.positions.get(key, Held())
        holdings.positions[key] = before.after(fill)
        holdings.fills += 1
        stamped.append(
            replace(
                fill,
                position_before=before.quantity,
                opened_before=opened_by(before.orders, fill.order_id),
                number=holdings.fills,
            )
        )
    return stamped
