"""Entries that wait, whatever the leader and the market do: fractions stay, nothing is doubled."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.netting import Line
from pilotfish.domain.orders import Leg, Reason, State
from pilotfish.ports import LedgerKey
from tests.fakes import Fault, simulate
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene
from tests.property.market import Scale, changes, instrument, lots, scales, targets

BY = Decimal("0.01")
BETTER, WORSE = Decimal(99), Decimal(100)
ROUNDING = Fraction(1, 10**12)
KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)


@dataclass(frozen=True)
class Market:
    """What happens after a fill of the leader's: a look at a price, later, with a fault or none."""

    price: Decimal | None
    pause_s: int
    fault: Fault | None


markets = st.builds(
    Market,
    st.sampled_from([None, BETTER, WORSE, Decimal(101)]),
    st.sampled_from([0, 1, 200, 601]),
    st.sampled_from([None, None, None, Fault.PARTIAL, Fault.REFUSED, Fault.TIMEOUT_ACCEPTED]),
)


def scene(lot: Decimal, scale: Scale) -> Scene:
    made = Scene(instruments=[instrument(lot)])
    venue = made.follower(0, multiplier=scale.stored, better_by=BY, wait_s=600)
    venue.lot = lot
    return made


def line(made: Scene) -> Line:
    return made.tables.ledgers[KEY].lines.get("follow-0", Line())


async def settle(made: Scene) -> None:
    """Until what was sent is known, and each exit was looked after."""
    for _ in range(12):
        for order in made.stored_orders():
            if order.state not in {State.WAITING} and not order.state.terminal:
                await made.turn(order)
        for fill in made.exit_syncs.started.values():
            await made.sync(fill)
        made.clock.advance(8)


@given(st.lists(st.tuples(changes(1), markets), min_size=1, max_size=7), scales, lots)
def test_once_all_is_quiet_the_books_agree_and_nothing_was_sent_twice(
    steps: list[tuple[list[Decimal], Market]], scale: Scale, lot: Decimal
) -> None:
    made = scene(lot, scale)
    venue = made.venues.of["follower-0"]

    async def live() -> None:
        for [change], market in steps:
            if market.fault is not None:
                venue.script.append(market.fault)  # type: ignore[union-attr]
            await made.copy(change)
            made.clock.advance(market.pause_s)
            await made.look(market.price)
            await made.look(market.price)
            await settle(made)
        made.clock.advance(601)
        await made.look(WORSE)
        await settle(made)

    simulate(made.clock, live())
    orders = made.stored_orders()
    assert all(order.state.terminal for order in orders)
    booked = made.tables.booked.get(("follow-0", f"{PERPETUAL}#net"))
    held = Decimal(0) if booked is None else booked.copied
    settled = line(made) if booked is None else line(made).settled(booked)
    assert settled.waiting == 0
    assert settled.ordered == held == venue.holding(PERPETUAL)  # type: ignore[union-attr]
    assert settled.surplus < lot
    ids = [each.request.client_order_id for each in venue.book]  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))
    for order in orders:
        if order.leg is Leg.ENTRY and order.filled_quantity and "~" not in order.fill_id:
            better = order.side.sign * (order.reference_price - order.average_price)
            assert better >= order.reference_price * BY


@given(changes(8), scales, lots, st.data())
def test_what_waits_is_in_the_target_as_if_it_were_copied(
    changed: list[Decimal], scale: Scale, lot: Decimal, data: st.DataObject
) -> None:
    """Whichever of them are let go in between, unless exits left one too small to be sent."""
    made = scene(lot, scale)

    async def live() -> None:
        for change in changed:
            await made.copy(change)
            if data.draw(st.booleans()):
                price = Decimal(1) if change > 0 else Decimal(10_000)
                await made.look(price)

    simulate(made.clock, live())
    ended = {o.reason for o in made.stored_orders() if o.quantity and o.state is State.SKIPPED}
    assume(not ended & {Reason.BELOW_MINIMUM})
    [*_, exact] = targets(changed, scale.exact)
    after = line(made)
    assert abs(Fraction(after.target) - exact) <= ROUNDING
    assert abs(Fraction(after.waits)) <= abs(exact) + ROUNDING
