"""The limit of an entry and the cap on a position, whatever the leader trades and at what price."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fills import Side
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Decision, Line, Sized, apply_fill, split
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizing import limit_price
from tests.fakes import simulate
from tests.fakes.samples import PERPETUAL, an_instrument
from tests.fakes.scene import Scene
from tests.fakes.venue import Fault
from tests.property.market import PRICE, Scale, changes, fills, instruments, scales, sizes

budgets = st.decimals("1", "5000", places=2, allow_nan=False)
prices = st.decimals("0.0001", "150000", places=6, allow_nan=False)
gates = st.decimals("0", "0.999", places=5, allow_nan=False)
ticks = st.sampled_from([Decimal(t) for t in ("0.00000001", "0.0003", "0.01", "0.1", "0.5", "7")])

Step = tuple[Decimal, Line, Line, list[tuple[Leg, Decision]]]


@given(prices, gates, ticks, st.sampled_from(Side))
def test_a_limit_is_the_nearest_price_that_is_within_the_gate(
    price: Decimal, gate: Decimal, tick: Decimal, side: Side
) -> None:
    limit = limit_price(Rules(max_slippage=gate), side, price, an_instrument(tick=tick))
    assert limit is not None
    worst = price * (1 + side.sign * gate)
    assert limit % tick == 0
    assert 0 <= side.sign * (worst - limit) < tick


def steps(
    changed: list[Decimal], at: list[Decimal], rules: Rules, market: Instrument
) -> Iterator[Step]:
    """The price of each fill, the line before and after it, and what was decided."""
    line = Line()
    for fill, price in zip(fills(changed), at, strict=False):
        parts, before = split(fill.position_before, fill.position_change), line
        line, decisions = apply_fill(line, replace(fill, price=price), parts, rules, market)
        yield price, before, line, decisions


near = st.lists(st.decimals("80", "120", places=1, allow_nan=False), min_size=20, max_size=20)


@given(changes(), near, scales, instruments, budgets, st.integers(0, 400))
def test_no_entry_leaves_more_than_the_cap(
    changed: list[Decimal],
    at: list[Decimal],
    scale: Scale,
    market: Instrument,
    budget: Decimal,
    least: int,
) -> None:
    """Whatever was below the minimum before, and at whatever price it was wanted then."""
    market = replace(market, min_notional=Decimal(least))
    rules = Rules(multiplier=scale.stored, max_position_notional=budget)
    for price, before, after, decisions in steps(changed, at, rules, market):
        assert abs(after.target) * price <= budget or abs(after.target) <= abs(before.target)
        for leg, decision in decisions:
            if leg is Leg.ENTRY and isinstance(decision, Sized):
                assert abs(after.ordered) * price <= budget


@given(changes(), near, scales, instruments, budgets)
def test_an_exit_under_a_cap_takes_its_fraction_of_what_was_copied(
    changed: list[Decimal], at: list[Decimal], scale: Scale, market: Instrument, budget: Decimal
) -> None:
    rules = Rules(multiplier=scale.stored, max_position_notional=budget)
    made = fills(changed)
    for fill, (_, before, after, _) in zip(made, steps(changed, at, rules, market), strict=True):
        parts = split(fill.position_before, fill.position_change)
        if parts.exit_fraction and not parts.entry:
            left = 1 - parts.exit_fraction if parts.exit_fraction < 1 else 0
            assert after.target == before.target * left
            assert abs(after.ordered) - abs(after.target) < market.lot


@given(changes(), scales, instruments, budgets)
def test_a_cut_always_says_so_and_nothing_else_does(
    changed: list[Decimal], scale: Scale, market: Instrument, budget: Decimal
) -> None:
    """Of two follows that differ in the cap alone, the first cut is where they part."""
    free = Rules(multiplier=scale.stored)
    capped = replace(free, max_position_notional=budget)
    at = [PRICE] * len(changed)
    both = zip(steps(changed, at, free, market), steps(changed, at, capped, market), strict=True)
    for (_, _, wanted, unbound), (_, _, line, decisions) in both:
        reasons = [decision.reason for _, decision in decisions]
        assert (Reason.OVER_POSITION_CAP in reasons) is (line.target != wanted.target)
        if line.target != wanted.target:
            return
        assert decisions == unbound


endings = st.lists(
    st.sampled_from([None, Fault.REFUSED, Fault.PARTIAL, Fault.TIMEOUT_ACCEPTED, "waits"]),
    min_size=12,
    max_size=12,
)


@given(st.lists(sizes, min_size=1, max_size=12), endings, budgets)
def test_whatever_becomes_of_the_entries_together_they_stay_below_the_cap(
    entries: list[Decimal], ends: list[Fault | str | None], budget: Decimal
) -> None:
    """Those that wait may fill later, and those that failed make room for others."""
    scene = Scene()
    venue = scene.follower(max_position_notional=budget)
    waiting: list[CopyOrder] = []

    async def copies() -> None:
        for quantity, ending in zip(entries, ends, strict=False):
            for order in scene.decide(quantity):
                if order.state is not State.PLANNED:
                    continue
                if ending == "waits":
                    waiting.append(order)
                    continue
                venue.script.append(ending)  # type: ignore[arg-type]
                await scene.execute(order)
        for order in waiting:
            await scene.execute(order)
        assert venue.holding(PERPETUAL) * PRICE <= budget

    simulate(scene.clock, copies())
