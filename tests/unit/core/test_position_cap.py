"""A follow takes on no more than its cap in one position, however the leader's fills come."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.ports import LedgerKey
from tests.fakes import MemoryLedgers
from tests.fakes.samples import PERPETUAL, an_instrument
from tests.fakes.scene import Scene

KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)
FIVE = Decimal(500)  # At the leader's price of 100.


def decided(order: CopyOrder) -> tuple[State, str, Decimal]:
    return order.state, order.reason, order.quantity


def line(scene: Scene) -> Line:
    return scene.tables.ledgers[KEY].lines["follow-1"]


def test_an_entry_is_cut_to_what_is_free_and_says_so(scene: Scene) -> None:
    scene.follower(max_position_notional=FIVE)
    [first] = scene.decide("3")
    [second] = scene.decide("3")
    [third] = scene.decide("3")
    assert decided(first) == (State.PLANNED, "", Decimal(3))
    assert decided(second) == (State.PLANNED, Reason.OVER_POSITION_CAP, Decimal(2))
    assert second.history[0].reason == Reason.OVER_POSITION_CAP
    assert decided(third) == (State.SKIPPED, Reason.OVER_POSITION_CAP, 0)
    assert line(scene).target == 5


def test_a_short_position_has_the_same_cap(scene: Scene) -> None:
    scene.follower(max_position_notional=FIVE)
    [order] = scene.decide("-9")
    assert decided(order) == (State.PLANNED, Reason.OVER_POSITION_CAP, Decimal(5))
    assert line(scene).target == -5


def test_the_cap_is_whole_lots(scene: Scene) -> None:
    lot = Decimal("0.4")
    scene.instruments.publish("model", [an_instrument(lot=lot, min_quantity=lot)], scene.clock())
    scene.follower(max_position_notional=Decimal(110))
    [order] = scene.decide("3")
    assert decided(order) == (State.PLANNED, Reason.OVER_POSITION_CAP, Decimal("0.8"))
    assert line(scene).target == Decimal("0.8")


async def test_a_later_exit_takes_its_fraction_of_what_was_copied(scene: Scene) -> None:
    venue = scene.follower(max_position_notional=FIVE)
    await scene.copy("10")
    [half] = await scene.copy("-5")
    assert (half.quantity, venue.holding(PERPETUAL)) == (Decimal("2.5"), Decimal("2.5"))
    await scene.copy("-5")
    assert venue.holding(PERPETUAL) == 0


async def test_an_exit_makes_room(scene: Scene) -> None:
    venue = scene.follower(max_position_notional=FIVE)
    await scene.copy("10")
    await scene.copy("-5")
    [order] = await scene.copy("10")
    assert (order.quantity, venue.holding(PERPETUAL)) == (Decimal("2.5"), Decimal(5))


async def test_a_flip_has_the_whole_cap_on_the_other_side(scene: Scene) -> None:
    venue = scene.follower(max_position_notional=FIVE)
    await scene.copy("10")
    orders = {order.leg: order for order in await scene.copy("-30")}
    assert orders[Leg.EXIT].quantity == orders[Leg.ENTRY].quantity == 5
    assert venue.holding(PERPETUAL) == -5


async def test_the_leaders_price_of_the_day_decides(scene: Scene) -> None:
    venue = scene.follower(max_position_notional=FIVE)
    await scene.copy("3", price=Decimal(100))
    [none] = await scene.copy("3", price=Decimal(200))
    assert decided(none) == (State.SKIPPED, Reason.OVER_POSITION_CAP, 0)
    [some] = await scene.copy("9", price=Decimal(50))
    assert (some.quantity, venue.holding(PERPETUAL)) == (Decimal(7), Decimal(10))


def test_what_rounding_left_over_does_not_break_the_cap(scene: Scene) -> None:
    """The target is below the cap at the old price, and what is missing above it at the new."""
    instrument = an_instrument(min_notional=Decimal(200))
    scene.instruments.publish("model", [instrument], scene.clock())
    scene.follower(max_position_notional=Decimal(300))
    assert decided(scene.decide("1.5")[0]) == (State.SKIPPED, Reason.BELOW_MINIMUM, 0)
    [order] = scene.decide("0.5", price=Decimal(250))
    assert decided(order) == (State.PLANNED, Reason.OVER_POSITION_CAP, Decimal("1.2"))


async def test_an_entry_that_failed_takes_up_no_room(scene: Scene) -> None:
    venue = scene.follower(max_position_notional=FIVE)
    [late] = scene.decide("5")
    scene.clock.advance(121)
    assert (await scene.execute(late)).state is State.EXPIRED
    [order] = await scene.copy("5")
    assert decided(order)[1:] == ("", Decimal(5))
    assert venue.holding(PERPETUAL) == 5


async def test_an_entry_on_its_way_takes_up_room(scene: Scene) -> None:
    scene.follower(max_position_notional=FIVE)
    scene.decide("5")
    [order] = scene.decide("5")
    assert decided(order) == (State.SKIPPED, Reason.OVER_POSITION_CAP, 0)


async def test_what_an_exit_left_behind_is_part_of_the_next_entry(scene: Scene) -> None:
    """A refused exit leaves the old position: a new one on top of it would be twice the cap."""
    venue = scene.follower(max_position_notional=FIVE)
    await scene.copy("5")
    [exit_] = scene.decide("-5")
    refused = replace(exit_, state=State.REJECTED, answered_ms=scene.clock())
    await scene.orders.record(exit_, refused)
    await scene.copy("5")
    assert venue.holding(PERPETUAL) == 5


class Beside(MemoryLedgers):
    """Another worker decides another fill just before our first commit."""

    def __init__(self, scene: Scene, other: Fill) -> None:
        super().__init__(scene.tables)
        self._waiting = [lambda: scene.map_fill(other)]

    def commit(self, key: LedgerKey, ledger: Ledger, orders: Sequence[CopyOrder]) -> bool:
        while self._waiting:
            self._waiting.pop()()
        return super().commit(key, ledger, orders)


def test_two_fills_decided_at_once_do_not_exceed_it_together(scene: Scene) -> None:
    scene.follower(max_position_notional=FIVE)
    first, second = scene.fill("4"), scene.fill("4")
    ours = copy(scene.map_fill)
    ours._ledgers = Beside(scene, second)
    ours(first)
    assert sorted(order.quantity for order in scene.tables.orders.values()) == [1, 4]
    assert line(scene).ordered == 5


def test_two_symbols_that_are_copied_as_one_do_not_exceed_it_together(scene: Scene) -> None:
    """Each would have a ledger of its own."""
    scene.follower(max_position_notional=FIVE, symbols={"ETH/USDT:USDT": PERPETUAL})
    [mapped] = scene.decide("5", symbol="ETH/USDT:USDT")
    [taken] = scene.decide("5")
    assert decided(mapped) == (State.PLANNED, "", Decimal(5))
    assert decided(taken) == (State.SKIPPED, Reason.SYMBOL_TAKEN, 0)
    assert taken.symbol == PERPETUAL
