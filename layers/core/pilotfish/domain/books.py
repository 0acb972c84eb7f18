"""What a user's copies, and leaders, hold, cost and earned.

Entry prices are averages as venues reckon them (see `averaging`). Fees are not in the profit, as
they are not in a venue's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.averaging import Averaged
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.netting import position_key, symbol_of
from pilotfish.domain.orders import CopyOrder, Reason
from pilotfish.domain.venue_ids import is_paper, market_venue

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Execution:
    """A change of a position of `place` (a follow) in signed base units.

    Without a price it is not known what the change earned.
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

    @property
    def name(self) -> str:
        """Of the position that it changes."""
        return f"{self.place}/{position_key(self.symbol, self.position_side)}"


@dataclass(frozen=True, slots=True)
class Holding:
    """A position of a follow or of a leader's account; `entry_price` is None where unknown.

    `opened_ms` is 0 for one that is older than what we know.
    """

    name: str
    account_id: str
    leader_id: str
    venue: str
    symbol: str
    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    realized: Decimal = ZERO
    opened_ms: int = 0

    @property
    def paper(self) -> bool:
        """Whether it is held with play money."""
        return is_paper(self.venue)

    @property
    def market(self) -> tuple[str, str]:
        """Where its price is: venue and symbol."""
        return market_venue(self.venue), self.symbol

    def after(self, done: Execution) -> "Holding":
        """The position after an execution."""
        before = Averaged(self.quantity, self.entry_price, self.realized)
        after = before.after(self.symbol, done.change, done.price)
        opened = after.quantity and self.quantity * after.quantity <= ZERO
        return replace(
            self,
            quantity=after.quantity,
            entry_price=after.entry_price,
            realized=after.realized,
            opened_ms=done.at_ms if opened else self.opened_ms,
        )


@dataclass(slots=True)
class Book:
    """Positions, closed ones too, by name."""

    holdings: dict[str, Holding] = field(default_factory=dict)

    def add(self, executions: Iterable[Execution]) -> None:
        """Each once, in the order in which they happened."""
        for done in executions:
            held = self.holdings.get(done.name)
            if held is None:
                held = Holding(done.name, done.account_id, done.leader_id, done.venue, done.symbol)
            self.holdings[done.name] = held.after(done)

    @property
    def apart(self) -> tuple[list[Holding], list[Holding]]:
        """What is real, and what is on paper; closed positions too."""
        apart: tuple[list[Holding], list[Holding]] = ([], [])
        for held in self.holdings.values():
            apart[held.paper].append(held)
        return apart

    @property
    def open(self) -> list[Holding]:
        """What is held."""
        return [held for held in self.holdings.values() if held.quantity]

    @property
    def markets(self) -> set[tuple[str, str]]:
        """Where the prices of all that is held are."""
        return {held.market for held in self.open}


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
        price=None if closed_elsewhere else order.average_price or None,
        at_ms=order.history[-1].at_ms if order.history else order.decided_ms,
    )


def of_leader(account_id: str, holdings: Holdings) -> list[Holding]:
    """What a leader holds, in the markets in which a fill of it was seen."""
    return [
        Holding(
            name=f"{account_id}/{key}",
            account_id=account_id,
            leader_id="",
            venue=held.venue,
            symbol=symbol_of(key),
            quantity=held.quantity,
            entry_price=held.entry_price,
            realized=held.realized,
            opened_ms=held.opened_ms,
        )
        for key, held in holdings.positions.items()
        if held.venue
    ]
