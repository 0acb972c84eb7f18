"""An entry is had near the leader's price, or not at all; an exit is had at any price."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import Side
from pilotfish.domain.netting import Misses
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizing import limit_price
from pilotfish.domain.venues import OrderStatus
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, a_fill, an_instrument
from tests.fakes.scene import Scene

GATE = Decimal("0.001")


@pytest.fixture
def venue(scene: Scene) -> ModelVenue:
    """Of a follower who pays 0.1 % more than the leader, who trades at 100."""
    return scene.follower(max_slippage=GATE)


def end(order: CopyOrder) -> tuple[State, str, Decimal]:
    return order.state, order.reason, order.filled_quantity


@pytest.mark.parametrize(
    ("side", "price", "tick", "limit"),
    [
        (Side.BUY, "100", "0.1", "100.1"),
        (Side.SELL, "100", "0.1", "99.9"),
        (Side.BUY, "100", "0.03", "100.08"),
        (Side.SELL, "100", "0.03", "99.9"),
        (Side.SELL, "100", "0.07", "99.96"),
        (Side.BUY, "100", "1", "100"),
        (Side.SELL, "100", "1", "100"),
        (Side.BUY, "0.00012345", "0.00000001", "0.00012357"),
        (Side.SELL, "0.00012345", "0.00000001", "0.00012333"),
        (Side.BUY, "100", "0", "100.1"),
    ],
)
def test_the_limit_is_on_the_grid_and_never_worse(
    side: Side, price: str, tick: str, limit: str
) -> None:
    instrument = an_instrument(tick=Decimal(tick))
    assert limit_price(Rules(max_slippage=GATE), side, Decimal(price), instrument) == Decimal(limit)


def test_without_a_gate_there_is_no_limit() -> None:
    assert limit_price(Rules(), Side.BUY, Decimal(100), an_instrument()) is None


@pytest.mark.parametrize(("quantity", "limit"), [("2", "100.1"), ("-2", "99.9")])
async def test_an_entry_is_asked_for_at_the_limit(
    scene: Scene, venue: ModelVenue, quantity: str, limit: str
) -> None:
    [order] = await scene.copy(quantity)
    assert end(order) == (State.COPIED, "", Decimal(2))
    assert order.limit_price == venue.book[0].request.limit_price == Decimal(limit)


@pytest.mark.parametrize(("quantity", "price"), [("2", "100.2"), ("-2", "99.8")])
async def test_an_entry_whose_price_ran_away_expires(
    scene: Scene, venue: ModelVenue, quantity: str, price: str
) -> None:
    venue.price = Decimal(price)
    [order] = await scene.copy(quantity)
    assert end(order) == (State.EXPIRED, Reason.SLIPPAGE, 0)
    assert order.history[-1].reason == Reason.SLIPPAGE
    assert venue.holding(PERPETUAL) == 0
    assert scene.retries.started == {}


@pytest.mark.parametrize(("quantity", "price"), [("2", "90"), ("-2", "110")])
async def test_a_better_price_is_taken(
    scene: Scene, venue: ModelVenue, quantity: str, price: str
) -> None:
    venue.price = Decimal(price)
    [order] = await scene.copy(quantity)
    assert end(order) == (State.COPIED, "", Decimal(2))
    assert order.average_price == Decimal(price)


async def test_what_was_had_within_the_limit_is_a_copy(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.PARTIAL)
    [order] = await scene.copy("2")
    assert end(order) == (State.COPIED, Reason.SLIPPAGE, Decimal(1))
    [exit_] = await scene.copy("-1")
    assert end(exit_) == (State.COPIED, "", Decimal("0.5"))


async def test_what_expired_is_not_made_up_for(scene: Scene, venue: ModelVenue) -> None:
    venue.price = Decimal(101)
    await scene.copy("2")
    venue.price = Decimal(100)
    [second] = await scene.copy("3")
    assert (second.quantity, venue.holding(PERPETUAL)) == (Decimal(3), Decimal(3))
    [exit_] = await scene.copy("-2.5")
    assert (exit_.quantity, venue.holding(PERPETUAL)) == (Decimal("1.5"), Decimal("1.5"))


async def test_an_exit_is_never_gated(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    venue.price = Decimal(50)
    [exit_] = await scene.copy("-2")
    assert end(exit_) == (State.COPIED, "", Decimal(2))
    assert exit_.limit_price is None
    assert venue.book[-1].request.limit_price is None


async def test_of_a_flip_the_entry_alone_is_gated(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    venue.price = Decimal(50)
    exit_, entry = await scene.copy("-5")
    assert {exit_.leg, entry.leg} == {Leg.EXIT, Leg.ENTRY}
    assert end(exit_) == (State.COPIED, "", Decimal(2))
    assert end(entry) == (State.EXPIRED, Reason.SLIPPAGE, 0)
    assert venue.holding(PERPETUAL) == 0


async def test_an_answer_that_was_lost_is_looked_up(scene: Scene, venue: ModelVenue) -> None:
    venue.price = Decimal(101)
    venue.script.append(Fault.TIMEOUT_ACCEPTED)
    [order] = await scene.copy("2")
    assert order.state is State.UNKNOWN
    turn = await scene.turn(order)
    assert (turn.state, turn.finding) == (State.EXPIRED, Reason.SLIPPAGE)
    assert scene.tables.books_of(order).misses == Misses(entry=Decimal(2))


async def test_an_order_that_is_sent_again_keeps_its_limit(scene: Scene, venue: ModelVenue) -> None:
    venue.script.append(Fault.THROTTLED)
    [order] = await scene.copy("2")
    venue.price = Decimal(101)
    scene.clock.advance(5)
    turn = await scene.turn(order)
    assert (turn.state, turn.finding) == (State.EXPIRED, Reason.SLIPPAGE)
    assert venue.book[0].request.limit_price == Decimal("100.1")


async def test_a_market_order_that_the_venue_ended_is_rejected(scene: Scene) -> None:
    venue = scene.follower()
    venue.script.append(Fault.STAYS_OPEN)
    [order] = await scene.copy("2")
    venue.book[0].status = OrderStatus.CANCELED
    turn = await scene.turn(order)
    assert (turn.state, turn.finding) == (State.REJECTED, "the venue says: canceled")


def test_a_venue_compares_its_minimum_with_the_limit(scene: Scene) -> None:
    """A sale at 99.9 is worth less than at 100: it waits for the next fill, rather than refused."""
    dear: Any = an_instrument(min_notional=Decimal(100))
    scene.instruments.publish("model", [dear], scene.clock())
    scene.follower(max_slippage=GATE)
    [short] = scene.decide("-1")
    assert (short.state, short.reason) == (State.SKIPPED, Reason.BELOW_MINIMUM)
    [both] = scene.decide("-1")
    assert (both.state, both.quantity) == (State.PLANNED, Decimal(2))


def test_the_leaders_price_is_that_of_the_fill(scene: Scene) -> None:
    scene.follower(max_slippage=GATE)
    [order] = scene.decide("1", price=Decimal("61234.5"))
    assert order.limit_price == Decimal("61295.7")
    assert order.reference_price == a_fill(price=Decimal("61234.5")).price
