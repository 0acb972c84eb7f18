"""What a venue answers, in our terms."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.margining import MarginMode


class OrderStatus(StrEnum):
    """A venue order's state as far as copying needs it.

    CANCELED will fill no further: the rest of an order that takes only what is there at once, or
    one that was cancelled.
    """

    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order to send; `quantity` in base units, a multiple of the lot.

    With a `limit_price` (quote units) it fills at that price or a better one at once, as far as it
    can, and what is left ends there (IOC); without one it is a market order.
    `claimed_ms` is when the right to send it was taken. Where a venue checks a request's
    timestamp this is the one to sign, so that the venue itself refuses a worker that was asleep.
    `order_id` is the venue's own, once it is known: some find an order sooner by that.
    """

    client_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    reduce_only: bool
    claimed_ms: int
    limit_price: Decimal | None = None
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue reports it; quantities in base units, price in quote units.

    `fee_in_base` is what the venue kept of the traded coin (spot buys), 0 elsewhere. `fee` is all
    that it took, negative for a rebate, in `fee_currency`; None where the answer does not tell.
    """

    order_id: str
    client_order_id: str
    status: OrderStatus
    filled: Decimal
    average_price: Decimal
    fee_in_base: Decimal = Decimal(0)
    fee: Decimal | None = None
    fee_currency: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """A holding on an account: signed base units (on spot the balance of the base asset).

    `entry_price` is the average in quote units; None where the venue does not say, as of `leverage`
    and `margin_mode`, which spot has not.
    """

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal | None = None
    leverage: Decimal | None = None
    margin_mode: MarginMode | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How long "not found" means nothing on a venue.

    An order that was sent may still arrive for `receive_window_s`, and a look-up may miss it
    for `visibility_lag_s` more; only then do `looks` empty answers count as absence.
    """

    receive_window_s: float
    visibility_lag_s: float
    looks: int = 3

    def absent(self, sent_ms: int, now_ms: int, looks: int) -> bool:
        """Whether `looks` empty answers prove that an order sent at `sent_ms` never arrived."""
        waited_s = (now_ms - sent_ms) / 1000
        return looks >= self.looks and waited_s > self.receive_window_s + self.visibility_lag_s
