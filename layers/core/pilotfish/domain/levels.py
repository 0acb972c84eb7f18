"""Stop-loss and take-profit orders that an account has at its venue."""

from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.venues import Position

# Read each minute: after three that were missed nobody knows what the leader has there.
OLD_MS = 180_000


@dataclass(frozen=True, slots=True)
class Level:
    """An order that closes a position once the market is at `price` (quote units).

    `side` is the order's. `quantity` is in base units; None for all that there is of the position.
    """

    symbol: str
    position_side: PositionSide
    side: Side
    kind: TriggerKind
    price: Decimal
    quantity: Decimal | None = None

    def closes(self, position: Position) -> bool:
        """Whether it closes this position, and all of it."""
        where = (position.symbol, position.position_side) == (self.symbol, self.position_side)
        against = position.quantity * self.side.sign < 0
        whole = self.quantity is None or self.quantity >= abs(position.quantity)
        return where and against and whole

    def reached(self, price: Decimal) -> bool:
        """A stop waits for what goes against the position, a target for what goes with it."""
        falls = (self.side is Side.SELL) is (self.kind is TriggerKind.STOP_LOSS)
        return price <= self.price if falls else price >= self.price
