"""What a user's copies, and leaders, hold, cost and earned: the fold of all that was executed.

Entry prices are averages as venues reckon them: buying more moves them, selling some does not.
Fees are not in the profit, as they are not in a venue's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.netting import position_key
from pilotfish.domain.orders import CopyOrder, Reason

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Execution:
    """A change of a position of `place` (a follow, or a leader's account) in signed base units.

    `before` is what was held according to who saw it, None where nobody says; without a price it
    is not known what the change earned.
    """

    place: str
    account_id: str
    leader_id: str
    venue: str
    symbol: str
    position_side: PositionSide
    change: Decimal
    price: Decimal | None
    at_ms: int
    before: Decimal | None = None

    @property
    def name(self) -> str:
        """Of the position that it changes."""
        return f"{self.place}/{position_key(self.symbol, self.position_side)}"


@dataclass(frozen=True, slots=True)
class Holding:
    """A position: `entry_price` is None where a part of it is older than what we know."""

    name: str
    account_id: str
    leader_id: str
    venue: str
    symbol: str
    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    realized: Decimal = ZERO
    opened_ms: int = 0

    def after(self, done: Execution) -> "Holding":
        """The position after an execution."""
        held = self
        if done.before is not None and done.before != self.quantity:
            held = replace(self, quantity=done.before, entry_price=None)
        quantity = held.quantity + done.change
        closed = _closed(held.quantity, quantity)
        realized = held.realized
        if closed and held.entry_price is not None and done.price is not None:
            realized += (done.price - held.entry_price) * closed
        opened = held.opened_ms
        if quantity and (not held.quantity or held.quantity * quantity < ZERO):
            opened = done.at_ms
        return replace(
            held,
            quantity=quantity,
            entry_price=held._entry(quantity, done.price),
            realized=realized,
            opened_ms=opened,
        )

    def _entry(self, after: Decimal, price: Decimal | None) -> Decimal | None:
        if not after:
            return None
        if self.quantity * after <= ZERO:
            return price
        if abs(after) <= abs(self.quantity):
            return self.entry_price
        if self.entry_price is None or price is None:
            return None
        return (self.quantity * self.entry_price + (after - self.quantity) * price) / after


def _closed(before: Decimal, after: Decimal) -> Decimal:
    """How much of what was held is not any more (signed)."""
    if before * after <= ZERO:
        return before
    return before - after if abs(after) < abs(before) else ZERO


@dataclass(slots=True)
class Book:
    """All of a user's positions, closed ones too, by name."""

    holdings: dict[str, Holding] = field(default_factory=dict)

    def add(self, executions: Iterable[Execution]) -> None:
        """Each once, in the order in which they happened."""
        for done in executions:
            held = self.holdings.get(done.name)
            if held is None:
                held = Holding(done.name, done.account_id, done.leader_id, done.venue, done.symbol)
            self.holdings[done.name] = held.after(done)

    @property
    def open(self) -> list[Holding]:
        """What is held."""
        return [held for held in self.holdings.values() if held.quantity]

    @property
    def realized(self) -> Decimal:
        """What closing earned, in quote units."""
        return sum((held.realized for held in self.holdings.values()), ZERO)

    @property
    def markets(self) -> set[tuple[str, str]]:
        """Venue and symbol of all that is held."""
        return {(held.venue, held.symbol) for held in self.open}


def of_order(order: CopyOrder) -> Execution | None:
    """What a copy order at its end did; None: nothing."""
    closed_elsewhere = order.reason == Reason.CLOSED_ELSEWHERE
    filled = order.quantity if closed_elsewhere else order.filled_quantity
    if not order.state.terminal or not filled:
        return None
    return Execution(
        place=order.follow_id,
        account_id=order.account_id,
        leader_id=order.leader_id,
        venue=order.venue,
        symbol=order.symbol,
        position_side=order.position_side,
        change=order.side.sign * filled - order.fee_in_base,
        price=None if closed_elsewhere else order.average_price,
        at_ms=order.history[-1].at_ms if order.history else order.decided_ms,
    )


def of_fill(fill: Fill) -> Execution:
    """What a leader's fill did."""
    return Execution(
        place=fill.account_id,
        account_id=fill.account_id,
        leader_id="",
        venue=fill.venue,
        symbol=fill.symbol,
        position_side=fill.position_side,
        change=fill.position_change,
        price=fill.price,
        at_ms=fill.traded_ms,
        before=fill.position_before,
    )
