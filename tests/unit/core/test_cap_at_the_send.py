"""A cap holds also when the exit that made room below it is not through yet."""

from decimal import Decimal

import pytest

from pilotfish.domain.orders import Reason, State
from tests.fakes import Fault
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene

CAP = Decimal("0.6")


@pytest.mark.parametrize(("held", "sent"), [("0.6", "0"), ("0.5", "0.1"), ("0.3", "0.25")])
async def test_an_entry_leaves_no_larger_than_the_room_below_the_cap(held: str, sent: str) -> None:
    scene = Scene()
    venue = scene.follower(max_position_notional=CAP * 100)
    await scene.copy(held)
    venue.script.append(Fault.TIMEOUT_LOST)
    await scene.copy(-Decimal(held) / 2)
    [entry] = await scene.copy("0.25")
    assert entry.quantity == Decimal("0.25"), "the exit was decided, so there was room"
    assert venue.holding(PERPETUAL) == Decimal(held) + Decimal(sent)
    if not Decimal(sent):
        assert (entry.state, entry.reason) == (State.SKIPPED, Reason.OVER_POSITION_CAP)


async def test_what_did_not_leave_is_not_wanted_any_more() -> None:
    scene = Scene()
    venue = scene.follower(max_position_notional=CAP * 100)
    await scene.copy("0.6")
    venue.script.append(Fault.TIMEOUT_LOST)
    [exit_] = await scene.copy("-0.3")
    await scene.copy("0.25")
    for _ in range(3):
        scene.clock.advance(8)
        await scene.turn(exit_)
    assert venue.holding(PERPETUAL) == Decimal("0.3")
    await scene.copy("-0.55")
    assert venue.holding(PERPETUAL) == 0
