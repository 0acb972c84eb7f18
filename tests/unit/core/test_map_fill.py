"""Every follow has its decision about a fill, once."""

import asyncio
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from decimal import Decimal
from threading import Thread

import pytest

from pilotfish.domain.errors import NotReady
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.follows import Status
from pilotfish.domain.netting import Booked, Ledger, Line
from pilotfish.domain.orders import CopyOrder, Reason, State
from pilotfish.ports import LedgerConflict, LedgerKey
from tests.fakes import EPOCH_MS, MemoryLedgers
from tests.fakes.listening import MemoryPositions
from tests.fakes.samples import PERPETUAL, a_fill, a_follow
from tests.fakes.scene import Scene

KEY = LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)


def test_a_second_delivery_decides_nothing(scene: Scene) -> None:
    scene.follower(1)
    scene.follower(2, shard=1)
    fill = scene.fill("1")
    scene.map_fill(fill)
    orders, ledgers = dict(scene.tables.orders), dict(scene.tables.ledgers)
    assert len(orders) == 2
    for _ in range(3):
        scene.map_fill(fill)
    assert (scene.tables.orders, scene.tables.ledgers) == (orders, ledgers)


def test_a_decided_fill_is_off_the_list(scene: Scene) -> None:
    scene.follower()
    fill = scene.fill("1")
    assert scene.tables.undecided
    scene.map_fill(fill)
    assert not scene.tables.undecided


def test_a_fill_of_the_past_is_nobodys_to_copy(scene: Scene) -> None:
    scene.follower()
    before = scene.fill("1")
    scene.map_fill(replace(before, history=True))
    assert scene.tables.orders == {}
    assert scene.tables.undecided
    scene.map_fill(before)
    assert len(scene.tables.orders) == 1


def test_a_fill_without_followers_is_decided(scene: Scene) -> None:
    scene.map_fill(scene.fill("1"))
    assert not scene.tables.undecided
    assert scene.tables.orders == {}


def test_a_worker_that_died_between_two_shards_is_finished_by_the_next(scene: Scene) -> None:
    scene.follower(1, shard=0)
    scene.follower(2, shard=1)
    fill = scene.fill("1")
    scene.map_fill(fill)
    [_, second] = scene.tables.orders.values()
    del scene.tables.orders["follow-2", second.order_key]
    del scene.tables.ledgers[replace(KEY, shard=1)]
    scene.map_fill(fill)
    assert len(scene.tables.orders) == 2
    assert scene.tables.ledgers[KEY].revision == 1


def test_what_was_traded_before_the_follow_is_not_copied(scene: Scene) -> None:
    scene.follower(1, started_ms=EPOCH_MS + 1)
    scene.follower(2, started_ms=EPOCH_MS)
    assert [order.follow_id for order in scene.decide("1")] == ["follow-2"]


def test_a_stopped_follow_gets_nothing(scene: Scene) -> None:
    scene.follower(1, status=Status.STOPPED)
    assert scene.decide("1") == []


@pytest.mark.parametrize(
    ("status", "why"), [(Status.PAUSED, "follow_paused"), (Status.CLOSE_ONLY, "close_only")]
)
async def test_a_follow_that_is_paused_copies_exits_and_no_entry(
    scene: Scene, status: Status, why: str
) -> None:
    venue = scene.follower(1)
    await scene.copy("2")
    scene.follows.save(a_follow(1, status=status))
    [entry] = await scene.copy("2")
    assert (entry.state, entry.reason) == (State.SKIPPED, why)
    await scene.copy("-1")
    assert venue.holding(PERPETUAL) == Decimal("1.5")
    exit_, entry = await scene.copy("-5")
    assert (exit_.state, entry.state, venue.holding(PERPETUAL)) == (State.COPIED, State.SKIPPED, 0)


def test_a_venue_that_is_not_published_yet_is_waited_for(scene: Scene) -> None:
    scene.follower(1, venue="elsewhere")
    fill = scene.fill("1")
    with pytest.raises(NotReady):
        scene.map_fill(fill)
    assert scene.tables.undecided
    assert scene.tables.orders == {}
    scene.instruments.publish("elsewhere", [], scene.clock())
    scene.map_fill(fill)
    [order] = scene.tables.orders.values()
    assert (order.state, order.reason) == (State.SKIPPED, "unknown_symbol")


class Raced(MemoryLedgers):
    """Another worker decides something just before each of the first `times` commits."""

    times = 0

    def commit(self, key: LedgerKey, ledger: Ledger, orders: list[CopyOrder]) -> bool:  # type: ignore[override]
        if self.times:
            self.times -= 1
            stored = self.load(key, fresh=True) or Ledger()
            lines = {"follow-1": Line(Decimal("0.4"), Decimal(0))}
            super().commit(key, Ledger(lines, stored.revision + 1), [])
        return super().commit(key, ledger, orders)


def raced(scene: Scene, times: int) -> None:
    ledgers = Raced(scene.tables)
    ledgers.times = times
    scene.map_fill._ledgers = ledgers


def test_a_conflict_is_decided_from_the_ledger_as_it_is(scene: Scene) -> None:
    scene.follower()
    scene.tables.ledgers[KEY] = Ledger({}, 1)
    raced(scene, 2)
    [order] = scene.decide("1")
    assert order.quantity == Decimal("1.4")
    assert scene.tables.ledgers[KEY].revision == 4


class Overtaken(MemoryPositions):
    """After our first look at the books another worker changes them, and decides by that."""

    def __init__(self, scene: Scene, change: Callable[[], None]) -> None:
        super().__init__(scene.tables)
        self._waiting = [change]

    def booked(self, keys: Mapping[str, str]) -> dict[str, Booked]:
        found = super().booked(keys)
        while self._waiting:
            self._waiting.pop()()
        return found


async def test_books_that_are_older_than_the_ledger_decide_nothing(scene: Scene) -> None:
    """Misses that the ledger has taken in would be given back to it."""
    scene.follower()
    for quantity in ("1", "4"):
        [planned] = scene.decide(quantity)
        scene.clock.advance(0.001)
        if quantity == "1":
            await _miss(scene, planned)
    first, second = scene.fill("-1"), scene.fill("-1")
    ours = copy(scene.map_fill)

    def change() -> None:
        asyncio.run(_miss(scene, planned))
        scene.map_fill(second)

    ours._positions = Overtaken(scene, lambda: _aside(change))
    ours(first)
    assert scene.tables.ledgers[KEY].lines["follow-1"].ordered == 0
    assert {o.state for o in scene.tables.orders.values()} == {State.EXPIRED, State.SKIPPED}


async def _miss(scene: Scene, order: CopyOrder) -> None:
    expired = replace(order, state=State.EXPIRED, answered_ms=scene.clock())
    assert await scene.orders.record(order, expired)


def _aside(work: Callable[[], None]) -> None:
    """In a thread of its own: this one has a running loop."""
    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_a_conflict_without_end_leaves_the_fill_undecided(scene: Scene) -> None:
    scene.follower()
    scene.tables.ledgers[KEY] = Ledger({}, 1)
    raced(scene, 100)
    with pytest.raises(LedgerConflict, match=a_fill().fill_id):
        scene.decide("1")
    assert scene.tables.undecided


async def test_a_missed_entry_is_not_made_up_for(scene: Scene) -> None:
    venue = scene.follower()
    scene.venues.of["follower-1"] = venue
    [first] = scene.decide("4")
    scene.clock.advance(121)
    assert (await scene.execute(first)).state is State.EXPIRED
    await scene.copy("2")
    assert venue.holding(PERPETUAL) == 2
    [exit_] = await scene.copy("-3")
    assert (exit_.quantity, venue.holding(PERPETUAL)) == (Decimal(1), Decimal(1))


async def test_a_missed_exit_is_made_up_for_by_the_next(scene: Scene) -> None:
    venue = scene.follower()
    await scene.copy("4")
    [order] = scene.decide("-2")
    refused = replace(order, state=State.REJECTED, answered_ms=scene.clock())
    await scene.orders.record(order, refused)
    [last] = await scene.copy("-2")
    assert last.quantity == 4
    assert venue.holding(PERPETUAL) == 0


async def test_each_leaders_share_of_a_follower_is_its_own(scene: Scene) -> None:
    venue = scene.follower(1)
    scene.follows.save(a_follow(2, leader_id="other", account_id="follower-1"))
    await scene.copy("4")
    await scene.copy("3", account_id="other")
    [exit_] = await scene.copy("-3.5")
    assert (exit_.follow_id, exit_.quantity) == ("follow-1", Decimal("3.5"))
    assert venue.holding(PERPETUAL) == Decimal("3.5")


def test_many_shards_are_decided(scene: Scene) -> None:
    for number in range(10):
        scene.follower(number, shard=number % 5)
    assert len(scene.decide("1")) == 10
    assert len(scene.tables.ledgers) == 5


def test_the_follow_keeps_its_own_rules(scene: Scene) -> None:
    scene.follows.save(a_follow(1, multiplier=Decimal("12.5")))
    [order] = scene.decide("1")
    assert order.quantity == Decimal("12.5")


def test_an_entry_that_is_decided_after_its_close_opens_nothing(scene: Scene) -> None:
    """Its stream had given it up, and the sweep brings it when the leader is flat again."""
    scene.follower(1)
    opened, closed = scene.fill("2"), scene.fill("-2")
    scene.map_fill(closed)
    scene.map_fill(opened)
    late = scene.tables.orders["follow-1", f"{opened.fill_id}#entry"]
    assert (late.state, late.reason) == (State.SKIPPED, Reason.CLOSED_SINCE)


def test_an_entry_that_is_decided_late_opens_what_the_leader_kept_of_it(scene: Scene) -> None:
    scene.follower(1)
    _, opened, half = first = [scene.fill("2"), scene.fill("2"), scene.fill("-2")]
    for fill in (first[0], half, opened):
        scene.map_fill(fill)
    late = scene.tables.orders["follow-1", f"{opened.fill_id}#entry"]
    assert (late.state, late.quantity) == (State.PLANNED, 1)
    assert scene.tables.ledgers[KEY].lines["follow-1"].target == 2


def test_an_exit_that_is_decided_late_closes_nothing_that_was_opened_since(scene: Scene) -> None:
    scene.follower(1)
    fills = [scene.fill("2"), scene.fill("-1"), scene.fill("4")]
    for number in (0, 2, 1):
        scene.map_fill(fills[number])
    late = scene.tables.orders["follow-1", f"{fills[1].fill_id}#exit"]
    assert (late.quantity, scene.tables.ledgers[KEY].lines["follow-1"].target) == (1, 5)
