"""Limits over all that a follow holds and does, asked when an entry is claimed.

Its copies in different positions are decided apart from each other, so only the claim can know what
they come to together: it reads where the follow stands, and goes on only if that is still so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.orders import CopyOrder, Reason
from pilotfish.domain.wallets import DOLLARS

ZERO = Decimal(0)
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a position may hold at the most (signed base units), at the price it was last entered.

    None is a price that nobody knows. Less than a `lot` cannot be closed and counts as nothing.
    """

    quantity: Decimal
    price: Decimal | None = None
    lot: Decimal = ZERO

    @property
    def open(self) -> bool:
        """Whether there is something of it."""
        return self.quantity != ZERO and abs(self.quantity) >= self.lot


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a follow stands; `revision` moves with every entry that is claimed under limits.

    `orders` are the leader's orders that were entered on `day` (UTC, since 1970).
    """

    exposures: Mapping[str, Exposure] = field(default_factory=dict)
    revision: int = 0
    day: int = 0
    orders: tuple[str, ...] = ()

    def entered_on(self, day: int) -> tuple[str, ...]:
        """The leader's orders that were entered on a day."""
        return self.orders if self.day == day else ()

    def after(self, order: CopyOrder, now_ms: int) -> "Standing":
        """Once an order is claimed; its position is told elsewhere."""
        day = now_ms // DAY_MS
        entered = self.entered_on(day)
        if order.max_trades and order.leader_order not in entered:
            entered = (*entered, order.leader_order)
        return replace(self, revision=self.revision + 1, day=day, orders=entered)


def askable(order: CopyOrder, standing: Standing, now_ms: int) -> tuple[Decimal, str]:
    """What an entry may ask for within its limits (base units), and if that is nothing, why."""
    entered = standing.entered_on(now_ms // DAY_MS)
    if order.max_trades and order.leader_order not in entered and len(entered) >= order.max_trades:
        return ZERO, Reason.OVER_TRADES_PER_DAY
    held = standing.exposures.get(order.position_key, Exposure(ZERO))
    others = sum(e.open for key, e in standing.exposures.items() if key != order.position_key)
    if order.max_positions and not held.open and others >= order.max_positions:
        return ZERO, Reason.OVER_OPEN_POSITIONS
    quantity = order.openable(held.quantity)
    if order.max_total is None:
        return quantity, Reason.OVER_POSITION_CAP
    if not in_dollars(order.symbol):
        return ZERO, Reason.NOT_IN_DOLLARS
    room = order.max_total - exposed(standing)
    within = order.within(room / order.reference_price)
    reason = Reason.OVER_POSITION_CAP if within > quantity else Reason.OVER_TOTAL_CAP
    most = min(quantity, within)
    return (most if most >= order.least else ZERO), reason


def exposed(standing: Standing) -> Decimal:
    """Dollars in all positions together; infinite while one of them has no known worth."""
    return sum((_worth(key, e) for key, e in standing.exposures.items() if e.open), ZERO)


def _worth(key: str, exposure: Exposure) -> Decimal:
    if exposure.price is None or not in_dollars(key.rpartition("#")[0]):
        return Decimal("Infinity")
    return abs(exposure.quantity) * exposure.price


def in_dollars(symbol: str) -> bool:
    """Whether a market is quoted in dollars, or a coin that stands for one."""
    return symbol.partition("/")[2].partition(":")[0] in DOLLARS
