"""One follow's line, fill by fill, against exact fractions."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fills import Fill
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Decision, Line, Sized, Skipped, apply_fill, split
from pilotfish.domain.orders import Leg, Reason
from pilotfish.domain.rules import Rules
from tests.fakes.samples import SPOT
from tests.property.market import (
    PRICE,
    STEP,
    Scale,
    changes,
    entries,
    fills,
    instrument,
    instruments,
    lots,
    scales,
    targets,
)

# Twenty divisions in 28 digits, and what `whole_lots` forgives.
ROUNDING = Fraction(1, 10**8)

near_the_minimum = st.integers(100, 1_200).map(lambda steps: steps * STEP)
budgets = st.decimals("1", "5000", places=2, allow_nan=False)


@dataclass(frozen=True)
class Step:
    """A fill, the line before and after it, and what was decided."""

    fill: Fill
    before: Line
    after: Line
    decisions: list[tuple[Leg, Decision]]

    @property
    def sized(self) -> dict[Leg, Decimal]:
        return {leg: made.quantity for leg, made in self.decisions if isinstance(made, Sized)}


def steps(made: list[Fill], rules: Rules, market: Instrument) -> Iterator[Step]:
    line = Line()
    for fill in made:
        before, parts = line, split(fill.position_before, fill.position_change)
        line, decisions = apply_fill(line, fill, parts, rules, market)
        yield Step(fill, before, line, decisions)


def scaled(scale: Scale) -> Rules:
    return Rules(multiplier=scale.stored)


@given(changes(), scales, instruments)
def test_what_is_ordered_is_less_than_a_lot_from_the_target(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    made = steps(fills(changed), scaled(scale), market)
    for step, target in zip(made, targets(changed, scale.exact), strict=True):
        off = abs(Fraction(step.after.ordered) - target)
        assert off < Fraction(market.lot) * (1 + ROUNDING)


@given(entries, scales, instruments)
def test_however_an_entry_is_cut_up_as_many_lots_are_ordered(
    made: list[Decimal], scale: Scale, market: Instrument
) -> None:
    [whole] = steps(fills([sum(made, Decimal(0))]), scaled(scale), market)
    *_, last = steps(fills(made), scaled(scale), market)
    *_, turned = steps(fills(made[::-1]), scaled(scale), market)
    assert last.after.ordered == turned.after.ordered == whole.after.ordered


@given(changes(), scales, instruments)
def test_the_line_counts_what_was_decided(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    for step in steps(fills(changed), scaled(scale), market):
        assert step.after.ordered - step.before.ordered == sum(step.sized.values())
        assert all(quantity and quantity % market.lot == 0 for quantity in step.sized.values())


@given(changes(), scales, instruments)
def test_an_exit_takes_no_more_than_was_copied(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    for step in steps(fills(changed), scaled(scale), market):
        sold = step.sized.get(Leg.EXIT, Decimal(0))
        left = step.before.ordered + sold
        assert sold * step.before.ordered <= 0
        assert left * step.before.ordered >= 0


@given(changes(), scales, instruments)
def test_an_exit_alone_turns_nothing_over(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    """Only a leader's flip does, and it is an exit of everything and an entry."""
    for step in steps(fills(changed), scaled(scale), market):
        if step.before.ordered * step.after.ordered < 0:
            assert step.sized[Leg.EXIT] == -step.before.ordered
            assert step.sized[Leg.ENTRY] == step.after.ordered


@given(changes(), scales, instruments)
def test_a_leader_who_closes_leaves_the_follower_with_nothing(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    held = sum(changed, Decimal(0))
    *_, last = steps(fills([*changed, -held] if held else changed), scaled(scale), market)
    assert (last.after.target, last.after.ordered) == (0, 0)


@given(changes(), scales, instruments)
def test_an_entry_goes_the_leaders_way(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    for step in steps(fills(changed), scaled(scale), market):
        assert step.sized.get(Leg.ENTRY, Decimal(0)) * step.fill.signed_quantity >= 0


@given(changes(), scales, lots, budgets)
def test_no_entry_is_above_the_budget(
    changed: list[Decimal], scale: Scale, lot: Decimal, budget: Decimal
) -> None:
    rules = Rules(multiplier=scale.stored, max_order_notional=budget)
    for step in steps(fills(changed), rules, instrument(lot)):
        assert abs(step.sized.get(Leg.ENTRY, Decimal(0))) * PRICE <= budget


@given(st.lists(near_the_minimum, min_size=2, max_size=12), st.integers(50, 120).map(Decimal))
def test_nor_is_one_that_takes_along_what_earlier_fills_left_over(
    changed: list[Decimal], budget: Decimal
) -> None:
    """A fill below the venue's minimum waits for the next, and both may be too much at once."""
    market = instrument(Decimal("0.001"), min_notional=Decimal(50))
    made = list(steps(fills(changed), Rules(max_order_notional=budget), market))
    assert all(abs(step.sized.get(Leg.ENTRY, Decimal(0))) * PRICE <= budget for step in made)


@given(changes(), scales, lots, st.integers(1, 30), st.integers(0, 400))
def test_below_the_minimum_is_skipped_with_the_reason_and_kept(
    changed: list[Decimal], scale: Scale, lot: Decimal, least_lots: int, notional: int
) -> None:
    market = instrument(lot, min_quantity=lot * least_lots, min_notional=Decimal(notional))
    least = max(market.min_quantity, market.min_notional / PRICE, lot) + lot
    made = list(steps(fills(changed), scaled(scale), market))
    for step, target in zip(made, targets(changed, scale.exact), strict=True):
        for leg, decision in step.decisions:
            match decision:
                case Skipped(reason):
                    small = Reason.BELOW_LOT, Reason.BELOW_MINIMUM
                    assert reason in small or (leg, reason) == (Leg.EXIT, Reason.NOTHING_COPIED)
                case Sized(quantity) if leg is Leg.ENTRY:
                    assert abs(quantity) >= market.min_quantity
                    assert abs(quantity) * PRICE >= market.min_notional
        assert abs(Fraction(step.after.ordered) - target) < Fraction(least) * (1 + ROUNDING)


@given(changes(), scales, lots)
def test_on_spot_nothing_is_ever_short(changed: list[Decimal], scale: Scale, lot: Decimal) -> None:
    market = instrument(lot, SPOT)
    for step in steps(fills(changed, SPOT), scaled(scale), market):
        assert step.after.ordered >= 0
        assert step.after.target >= 0


@given(changes(), scales, instruments)
def test_every_fill_has_a_decision_for_each_of_its_legs(
    changed: list[Decimal], scale: Scale, market: Instrument
) -> None:
    for step in steps(fills(changed), scaled(scale), market):
        parts = split(step.fill.position_before, step.fill.position_change)
        legs = [Leg.EXIT] * (parts.exit_fraction > 0) + [Leg.ENTRY] * (parts.entry != 0)
        assert [leg for leg, _ in step.decisions] == legs
        assert legs
