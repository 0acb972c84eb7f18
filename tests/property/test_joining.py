"""Whenever a follow joins its leader, it gets to where it would be had it been there before."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import State
from pilotfish.domain.rules import Existing, Rules
from tests.fakes import ModelVenue, simulate
from tests.fakes.samples import PERPETUAL, an_account
from tests.fakes.scene import Scene
from tests.fakes.starting import wanted
from tests.property.market import Scale, changes, instrument, lots, scales, targets

ROUNDING = Fraction(1, 10**8)


@given(changes(8), st.integers(0, 7), st.integers(0, 4), st.integers(0, 2), scales, lots)
def test_every_fill_is_joined_or_copied(
    changed: list[Decimal], joins_at: int, late: int, again: int, scale: Scale, lot: Decimal
) -> None:
    """`late` fills are written and not decided yet; the last `again` records come once more."""
    scene = Scene(instruments=[instrument(lot)])
    scene.tables.baselines.add("leader")
    scene.follower(9)
    scene.accounts.save(an_account("follower-1"))
    venue = scene.venues.of["follower-1"] = ModelVenue(scene.clock, "follower-1", lot=lot)
    rules = Rules(multiplier=scale.stored, existing=Existing.JOIN, join_tolerance=Decimal("0.01"))

    async def copies() -> None:
        fills: list[Fill] = []
        for number, change in enumerate(changed):
            fills.append(scene.fill(change))
            if number == min(joins_at, len(changed) - 1):
                await scene.start_follow(wanted("follow-1", "follower-1", rules))
                await _send(scene)
            for fill in fills[max(0, number - late - again) : max(0, number + 1 - late)]:
                scene.map_fill(fill)
                await _send(scene)
        for fill in fills:
            scene.map_fill(fill)
            await _send(scene)

    simulate(scene.clock, copies())
    off = abs(Fraction(venue.holding(PERPETUAL)) - targets(changed, scale.exact)[-1])
    assert off < Fraction(lot) * (1 + ROUNDING)


async def _send(scene: Scene) -> None:
    for order in scene.stored_orders():
        if order.state is State.PLANNED:
            await scene.execute(order)
