"""Whatever the leader does between a failure and its replay, no follow comes past its target."""

import asyncio
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.netting import Booked, Line
from pilotfish.domain.orders import FAILED, Leg, State
from pilotfish.ports import LedgerKey
from tests.fakes import Fault, MemoryPositions
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene

KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)

trades = st.tuples(
    st.integers(-9, 9).filter(bool).map(lambda lots: Decimal(lots) / 2),
    st.booleans(),  # Is the entry refused?
)
steps = st.one_of(trades, st.just("replay"))


async def trade(scene: Scene, quantity: Decimal, refused: bool) -> None:
    venue = scene.venues.of["follower-1"]
    for order in scene.decide(quantity, price=Decimal(100)):
        if order.state is State.PLANNED:
            if refused and order.leg is Leg.ENTRY:
                venue.script.append(Fault.REFUSED)  # type: ignore[union-attr]
            await scene.execute(order)
    scene.clock.advance(30)


async def replay_all(scene: Scene) -> None:
    for order in list(scene.tables.orders.values()):
        if order.state in FAILED:
            await scene.replay(order)
            await scene.turn(order)


def not_past_its_target(scene: Scene) -> None:
    ledger = scene.tables.ledgers.get(KEY)
    line = ledger.lines.get("follow-1", Line()) if ledger else Line()
    key = f"{PERPETUAL}#{PositionSide.NET}"
    booked = MemoryPositions(scene.tables).booked({"follow-1": key}).get("follow-1", Booked())
    settled = line.settled(booked)
    assert booked.copied == settled.ordered
    assert booked.copied * settled.target >= 0
    assert abs(booked.copied) - abs(settled.target) < Decimal("0.001"), "exits are rounded down"


@given(st.lists(steps, max_size=14))
def test_a_replay_never_goes_past_the_target(history: list[object]) -> None:
    async def play() -> None:
        scene = Scene()
        scene.follower(multiplier=Decimal("0.5"))
        leader = Decimal(0)
        for step in history:
            if isinstance(step, tuple):
                await trade(scene, *step)
                leader += step[0]
            else:
                await replay_all(scene)
            not_past_its_target(scene)
        if leader:
            await trade(scene, -leader, refused=False)
        await replay_all(scene)
        assert scene.venues.of["follower-1"].holding(PERPETUAL) == 0  # type: ignore[union-attr]

    asyncio.run(play())
