"""The line of an order says what happened, when, how long it took, and why."""

from dataclasses import asdict
from decimal import Decimal

from pilotfish.domain.history import line
from pilotfish.domain.orders import Event, State
from tests.fakes import EPOCH_MS, Fault, ModelVenue
from tests.fakes.samples import an_order
from tests.fakes.scene import Scene


async def test_a_copy_from_the_trade_to_the_answer(scene: Scene, venue: ModelVenue) -> None:
    traded_ms = scene.clock()
    fill = scene.fill("1", seen_ms=traded_ms + 31)
    scene.clock.now_ms = traded_ms + 35
    scene.map_fill(fill)
    [order] = scene.tables.orders.values()
    scene.clock.advance(0.006)
    venue.on_send = lambda request: scene.clock.advance(0.013)
    copied = line(await scene.execute(order))
    assert copied.why == "seen +31 ms, PLANNED +4 ms, SENT +6 ms, COPIED +13 ms"
    assert (copied.seen_after_ms, copied.decided_after_ms, copied.took_ms) == (31, 4, 54)
    assert (copied.filled_quantity, copied.average_price) == (Decimal(1), venue.price)
    assert (copied.leader_id, copied.follow_id, copied.state) == (
        "leader",
        "follow-1",
        State.COPIED,
    )


async def test_a_refusal_in_the_venue_s_words_and_its_replay(
    scene: Scene, venue: ModelVenue
) -> None:
    venue.script.append(Fault.REFUSED)
    [order] = await scene.copy("1")
    scene.clock.advance(60)
    await scene.replay(order)
    scene.clock.advance(1)
    await scene.turn(order)
    told = line(scene.stored(order))
    words = "REJECTED +0 ms (Account has insufficient balance for requested action.)"
    assert told.why == (
        f"seen +0 ms, PLANNED +0 ms, SENT +0 ms, {words}, "
        "UNSENT +60000 ms (replayed), SENT +1000 ms, COPIED +0 ms"
    )
    assert told.attempts == 2


def test_a_skip_says_why(scene: Scene, venue: ModelVenue) -> None:
    [order] = scene.decide("0.0001")
    assert line(order).why == "seen +0 ms, SKIPPED +0 ms (below_lot)"


def test_every_field_of_the_order_that_the_line_has_is_the_order_s() -> None:
    planned = Event(EPOCH_MS + 7, State.PLANNED, "")
    more = {"venue_order_id": "77", "attempts": 3, "owner": "somebody", "reason": "no"}
    order = an_order(history=(planned,), **more)
    shown = asdict(line(order))
    for name, value in shown.items():
        if hasattr(order, name):
            assert value == getattr(order, name), name
