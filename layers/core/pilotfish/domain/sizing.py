"""How many lots a quantity is, and how far a follow's caps and prices let an entry go.

Fractions such as a third have no exact decimal, so a target may be off in its 28th digit. What
is within a billionth of a lot of a whole lot therefore counts as one.
"""

from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from pilotfish.domain.fills import Side
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.rule_choices import AfterWait, Rounding
from pilotfish.domain.rules import Rules

LOT_TOLERANCE = Decimal("1e-9")

_ROUNDED = {
    Rounding.DOWN: ROUND_DOWN,
    Rounding.NEAREST: ROUND_HALF_UP,
    Rounding.UP: ROUND_UP,
}


def entry_market(rules: Rules, instrument: Instrument) -> Instrument:
    """The follower's market in the lots in which its rules have it entered."""
    if rules.lot_size is None or rules.lot_size <= instrument.lot:
        return instrument
    lots = rules.lot_size / instrument.lot
    return replace(instrument, lot=lots.to_integral_value(ROUND_UP) * instrument.lot)


def order_cap(rules: Rules, instrument: Instrument, price: Decimal) -> Decimal | None:
    """The most that one entry may order (base units, whole lots); None: no cap."""
    if rules.max_order_notional is None:
        return None
    return instrument.round_down(rules.max_order_notional / price)


def position_cap(rules: Rules, instrument: Instrument, price: Decimal) -> Decimal | None:
    """The most that a follow may hold of a position (base units, whole lots); None: no cap."""
    if rules.max_position_notional is None:
        return None
    return instrument.round_down(rules.max_position_notional / price)


def room(most: Decimal, taken: Decimal, sign: int) -> Decimal:
    """How much `taken` (signed) may still grow to the side of `sign` before it is `most`."""
    return max(Decimal(0), most - sign * taken)


def limit_price(rules: Rules, side: Side, price: Decimal, instrument: Instrument) -> Decimal | None:
    """The worst price at which an entry may fill; None: whatever the market says."""
    if rules.better_by is None:
        return slipped_price(rules, side, price, instrument)
    return on_grid(price * (1 - side.sign * rules.better_by), side, instrument.tick)


def slipped_price(
    rules: Rules, side: Side, price: Decimal, instrument: Instrument
) -> Decimal | None:
    """The worst price of an entry that waits for no better one; None: whatever the market says."""
    if rules.max_slippage is None:
        return None
    return on_grid(price * (1 + side.sign * rules.max_slippage), side, instrument.tick)


def least_price(rules: Rules, side: Side, price: Decimal, instrument: Instrument) -> Decimal:
    """The lowest price that an entry may be given: a venue compares it with its minimum."""
    limits = [limit_price(rules, side, price, instrument)]
    if rules.after_wait is AfterWait.MARKET:
        limits.append(slipped_price(rules, side, price, instrument))
    return min([price, *(limit for limit in limits if limit is not None)])


def on_grid(limit: Decimal, side: Side, tick: Decimal) -> Decimal:
    """The multiple of the tick next to `limit` that is no worse: below it to buy, above to sell."""
    if not tick or limit % tick == 0:
        return limit
    below = limit // tick * tick
    return below if side is Side.BUY else below + tick


def below_cap(quantity: Decimal, cap: Decimal | None) -> Decimal:
    """As much of a signed quantity as one entry may order."""
    return quantity if cap is None else max(-cap, min(cap, quantity))


def whole_lots(
    quantity: Decimal, instrument: Instrument, rounding: Rounding = Rounding.DOWN
) -> Decimal:
    """The whole lots of `quantity` (0 or more), in base units."""
    return in_lots(quantity, instrument.lot, rounding)


def in_lots(quantity: Decimal, lot: Decimal, rounding: Rounding = Rounding.DOWN) -> Decimal:
    """The multiple of `lot` that a quantity (0 or more) is rounded to."""
    lots = quantity / lot
    nearest = lots.to_integral_value()
    if abs(lots - nearest) > LOT_TOLERANCE:
        nearest = lots.to_integral_value(_ROUNDED[rounding])
    return nearest * lot


def least_lots(price: Decimal, instrument: Instrument) -> Decimal:
    """The fewest whole lots that the venue takes at a price."""
    wanted = max(instrument.min_quantity, instrument.min_notional / price, instrument.lot)
    return whole_lots(wanted, instrument, Rounding.UP)


def too_small(quantity: Decimal, price: Decimal, instrument: Instrument) -> bool:
    """Whether the venue would refuse the quantity as below its minimum."""
    return quantity < instrument.min_quantity or quantity * price < instrument.min_notional
