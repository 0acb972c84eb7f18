"""From the leader's fill to the venue's book, when nothing goes wrong."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given

from tests.fakes import simulate
from tests.fakes.samples import PERPETUAL, SPOT
from tests.fakes.scene import Scene
from tests.property.market import Scale, changes, instrument, lots, scales, targets

ROUNDING = Fraction(1, 10**8)


@given(changes(8), scales, lots)
def test_a_follower_is_never_a_lot_away_from_its_target(
    changed: list[Decimal], scale: Scale, lot: Decimal
) -> None:
    scene = Scene(instruments=[instrument(lot)])
    venue = scene.follower(multiplier=scale.stored)
    venue.lot = lot

    async def copies() -> None:
        for change, target in zip(changed, targets(changed, scale.exact), strict=True):
            await scene.copy(change)
            off = abs(Fraction(venue.holding(PERPETUAL)) - target)
            assert off < Fraction(lot) * (1 + ROUNDING)
        held = sum(changed, Decimal(0))
        if held:
            await scene.copy(-held)
        assert venue.holding(PERPETUAL) == 0

    simulate(scene.clock, copies())


@given(changes(6), scales, lots)
def test_what_fees_take_is_not_sold_and_adds_up_to_nothing(
    changed: list[Decimal], scale: Scale, lot: Decimal
) -> None:
    """On spot a buy leaves less than was ordered; the follow's books know how much."""
    scene = Scene(instruments=[instrument(lot, SPOT)])
    venue = scene.follower(multiplier=scale.stored)
    venue.lot, venue.fee_rate = lot, Decimal("0.001")

    async def copies() -> None:
        for change in [*changed, -Decimal(1_000_000)]:
            for order in await scene.copy(change, symbol=SPOT):
                assert order.state.terminal
                assert "balance" not in order.reason
                assert (await scene.orders.booked(order)).copied == venue.holding(SPOT)
        assert 0 <= venue.holding(SPOT) < lot

    simulate(scene.clock, copies())
