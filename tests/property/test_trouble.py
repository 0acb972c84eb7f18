"""Whatever goes wrong: nothing is doubled, and in the end the books agree with the venue's."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.follows import Status
from pilotfish.domain.netting import Booked, Line, position_key
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.domain.venues import OrderRequest
from pilotfish.ports import LedgerKey
from tests.fakes import Fault, ModelVenue, simulate
from tests.fakes.samples import PERPETUAL, a_follow
from tests.fakes.scene import Scene
from tests.fakes.venue import EVIDENCE
from tests.property.market import STEP, small_sizes

ETH = "ETH/USDT:USDT"
BY_HAND = Decimal(7)
ROUNDS = 60


class Crash(Exception):
    """The worker is gone."""


class Trouble(RuleBasedStateMachine):
    """Leaders trade, streams deliver in any order and twice, workers die, venues misbehave.

    Fills are decided in their order; everything after that happens whenever it happens.
    """

    @initialize(
        share=st.booleans(),
        lag_s=st.sampled_from([0.0, EVIDENCE.visibility_lag_s]),
        late_s=st.sampled_from([0.5, EVIDENCE.receive_window_s]),
    )
    def open(self, share: bool, lag_s: float, late_s: float) -> None:
        """Where two leaders share a follower both only buy and sell what they hold."""
        self.scene = Scene()
        self.leaders = ["leader", "other"] if share else ["leader"]
        self.held = dict.fromkeys(self.leaders, Decimal(0))
        self.images: list[CopyOrder] = []
        self.crash_at = ""
        self.venues = {
            "follower-1": self.scene.follower(1),
            "follower-2": self.scene.follower(2, multiplier=Decimal(1) / 3),
        }
        if share:
            self.scene.follows.save(a_follow(3, leader_id="other", account_id="follower-1"))
        for venue in self.venues.values():
            venue.lag_s, venue.late_s = lag_s, late_s
            venue.trade(ETH, BY_HAND)
            venue.book.clear()
            venue.on_send = lambda request, venue=venue: self.sent(venue, request)  # type: ignore[misc]
        record = self.scene.orders.record

        async def recorded(before: CopyOrder, after: CopyOrder) -> CopyOrder | None:
            self.die("record")
            return await record(before, after)

        self.scene.orders.record = recorded  # type: ignore[method-assign]

    def die(self, place: str) -> None:
        if self.crash_at == place:
            self.crash_at = ""
            raise Crash

    def sent(self, venue: ModelVenue, request: OrderRequest) -> None:
        """What must hold of every request when it leaves."""
        [order] = [
            order
            for order in self.scene.tables.orders.values()
            if order.client_order_id == request.client_order_id
        ]
        assert order.state is State.SENT
        assert order.sent_ms == request.claimed_ms == self.scene.clock()
        assert request.quantity <= order.quantity
        if request.reduce_only:
            copied = self.scene.tables.books_of(order).copied
            assert request.quantity <= abs(copied)
            assert copied * request.side.sign < 0
        else:
            assert self.scene.clock() <= order.expires_ms
            assert self.scene.tables.follows[order.leader_id, order.follow_id].active
        self.die("send")

    @rule(which=st.integers(0, 1), size=small_sizes, part=st.sampled_from([None, 3, 2, 1]))
    def leader_trades(self, which: int, size: Decimal, part: int | None) -> None:
        """Buys `size`, or closes a part of what it holds."""
        leader = self.leaders[which % len(self.leaders)]
        self.trade(leader, self.held[leader] / part // STEP * -STEP if part else size)

    @precondition(lambda self: len(self.leaders) == 1)
    @rule(size=small_sizes)
    def leader_sells(self, size: Decimal) -> None:
        """Closes, flips or goes short."""
        self.trade("leader", -size)

    def trade(self, leader: str, change: Decimal) -> None:
        if change:
            self.held[leader] += change
            self.scene.clock.advance(0.05)
            self.images += self.scene.decide(change, account_id=leader)

    @rule(
        faults=st.lists(st.sampled_from([None, *Fault]), min_size=1, max_size=3), on=st.booleans()
    )
    def venue_misbehaves(self, faults: list[Fault | None], on: bool) -> None:
        self.venues[f"follower-{1 + on}"].script.extend(faults)

    @rule(place=st.sampled_from(["send", "record"]))
    def the_next_worker_dies(self, place: str) -> None:
        self.crash_at = place

    @rule(follow=st.integers(1, 2))
    def stop(self, follow: int) -> None:
        stopped = self.scene.tables.follows["leader", f"follow-{follow}"]
        self.scene.follows.save(
            a_follow(follow, status=Status.STOPPED, multiplier=stopped.rules.multiplier)
        )

    @rule(data=st.data(), workers=st.integers(1, 3))
    def the_stream_delivers(self, data: st.DataObject, workers: int) -> None:
        """Any order's first image, once more, to several workers at once."""
        images = [image for image in self.images if image.state is State.PLANNED]
        if images:
            image = data.draw(st.sampled_from(images))
            self.run(*(self.scene.execute(image) for _ in range(workers)))

    @rule(seconds=st.sampled_from([0.2, 1, 3, 8, 40, 130]), twice=st.booleans())
    def sagas_turn(self, seconds: float, twice: bool) -> None:
        self.scene.clock.advance(seconds)
        self.scene.sweep()
        for order in list(self.scene.retries.started.values()):
            self.run(*(self.scene.turn(order) for _ in range(1 + twice)))

    def run(self, *works: Coroutine[Any, Any, Any]) -> None:
        async def side_by_side() -> list[object]:
            return await asyncio.gather(*works, return_exceptions=True)  # type: ignore[no-any-return]

        for outcome in simulate(self.scene.clock, side_by_side()):
            if isinstance(outcome, BaseException) and not isinstance(outcome, Crash):
                raise outcome

    def orders(self) -> list[CopyOrder]:
        return list(self.scene.tables.orders.values())

    @invariant()
    def nothing_is_doubled(self) -> None:
        for venue in self.venues.values():
            taken = Counter(order.request.client_order_id for order in venue.book)
            assert set(taken.values()) <= {1}

    @invariant()
    def other_symbols_are_left_alone(self) -> None:
        assert all(venue.holding(ETH) == BY_HAND for venue in self.venues.values())

    def teardown(self) -> None:
        """Once the trouble is over everything ends, and the books agree with the venue's."""
        self.settle()
        for order in self.orders():
            stays_open = order.state is State.MANUAL and order.venue_order_id
            assert stays_open or order.state in (
                State.COPIED,
                State.SKIPPED,
                State.REJECTED,
                State.EXPIRED,
            )
            assert order.state is State.COPIED or order.reason
            assert order.leg is Leg.ENTRY or order.state is not State.EXPIRED
        self.check_books()
        for leader in self.leaders:
            self.trade(leader, -self.held[leader])
            self.settle()
            self.trade(leader, Decimal(1))
            self.settle()
            self.trade(leader, Decimal(-1))
            self.settle()
        self.check_books()
        self.check_flat()

    def settle(self) -> None:
        self.crash_at = ""
        for venue in self.venues.values():
            venue.script.clear()
        for order in self.orders():
            if order.state is State.PLANNED:
                self.run(self.scene.execute(order))
        for _ in range(ROUNDS):
            if all(order.state.terminal for order in self.orders()):
                return
            self.sagas_turn(seconds=40, twice=False)
        raise AssertionError(f"not settled: {self.orders()}")

    def check_books(self) -> None:
        key = position_key(PERPETUAL, PositionSide.NET)
        tables = self.scene.tables
        for account, venue in self.venues.items():
            mine = [f.follow_id for f in tables.follows.values() if f.account_id == account]
            booked = {follow: tables.booked.get((follow, key), Booked()) for follow in mine}
            copied = {follow: books.copied for follow, books in booked.items()}
            assert venue.holding(PERPETUAL) == sum(copied.values())
            for follow in mine:
                assert self.line(follow).settled(booked[follow]).ordered == copied[follow]

    def line(self, follow: str) -> Line:
        [leader] = [
            f.leader_id for f in self.scene.tables.follows.values() if f.follow_id == follow
        ]
        ledger = self.scene.tables.ledgers.get(LedgerKey(leader, PERPETUAL, PositionSide.NET, 0))
        return ledger.lines.get(follow, Line()) if ledger else Line()

    def check_flat(self) -> None:
        """A leader's next round trip, in peace, takes along all that trouble left behind."""
        follows = self.scene.tables.follows.values()
        stopped = {follow.account_id for follow in follows if not follow.active}
        for account in self.venues.keys() - stopped:
            assert self.venues[account].holding(PERPETUAL) == 0


TestTrouble = Trouble.TestCase
TestTrouble.settings = settings(stateful_step_count=25)
