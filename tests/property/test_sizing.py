"""Rounding to lots: never up by more than a fraction's last digit, never down by a lot."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.instruments import Instrument
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizes import Opening, taken_on
from pilotfish.domain.sizing import LOT_TOLERANCE, below_cap, order_cap, whole_lots
from tests.property.market import (
    Scale,
    entries,
    instrument,
    instruments,
    lots,
    scales,
    sizes,
    trades,
)

prices = st.decimals("0.0001", "150000", places=4, allow_nan=False)
budgets = st.decimals("0.5", "1000000", places=2, allow_nan=False)


@given(sizes, scales, instruments)
def test_lots_are_whole_and_just_below(size: Decimal, scale: Scale, market: Instrument) -> None:
    quantity = size * scale.stored
    whole = whole_lots(quantity, market)
    assert whole % market.lot == 0
    assert whole - quantity <= LOT_TOLERANCE * market.lot
    assert quantity - whole < market.lot


@given(entries, scales, instruments)
def test_a_sum_of_fractions_has_the_lots_of_the_exact_sum(
    made: list[Decimal], scale: Scale, market: Instrument
) -> None:
    stored = sum((quantity * scale.stored for quantity in made), Decimal(0))
    exact = scale.exact * Fraction(sum(made))
    assert whole_lots(stored, market) == (exact // Fraction(market.lot)) * market.lot


@given(trades, scales, instruments, prices, budgets)
def test_no_entry_is_taken_on_beyond_the_budget(
    change: Decimal, scale: Scale, market: Instrument, price: Decimal, budget: Decimal
) -> None:
    rules = Rules(multiplier=scale.stored, max_order_notional=budget)
    cap = order_cap(rules, market, price)
    assert cap is not None
    assert cap % market.lot == 0
    assert cap * price <= budget < (cap + market.lot) * price
    quantity = below_cap(change * rules.multiplier, cap)
    assert abs(quantity) <= min(cap, abs(change * scale.stored))
    assert quantity * change >= 0


@given(trades, scales, instruments, prices)
def test_without_a_budget_the_whole_entry_is_taken_on(
    change: Decimal, scale: Scale, market: Instrument, price: Decimal
) -> None:
    opening = Opening(change, price)
    taken = taken_on(Rules(multiplier=scale.stored), opening, market)
    assert taken == change * scale.stored
    assert below_cap(change, None) == change


@given(scales, lots, st.integers(1, 4))
def test_fractions_that_add_up_to_whole_lots_are_whole_lots(
    scale: Scale, lot: Decimal, times: int
) -> None:
    """A third, three times: its 28 digits add up to less than one."""
    pieces = scale.exact.denominator * times
    total = sum([lot * scale.stored] * pieces, Decimal(0))
    assert whole_lots(total, instrument(lot)) == scale.exact.numerator * times * lot
