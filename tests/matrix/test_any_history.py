"""Whatever happens in whatever order: once all is quiet, nobody is further off than a lot.

A failure prints the steps and a blob; with `@reproduce_failure` and that blob it happens again
exactly, time included. `PROPERTY_EXAMPLES=2000` searches longer, from a seed that it prints.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder, State
from tests.fakes import Fault
from tests.fakes.samples import PERPETUAL
from tests.fakes.venue import EVIDENCE
from tests.matrix import invariants
from tests.matrix.clockwork import Clockwork
from tests.matrix.points import Hit, Point
from tests.matrix.world import World

GIVEN = os.environ.get("PROPERTY_EXAMPLES", "")
EXAMPLES = 40
DEADLINE_S = 2_000  # A saga that is left to a person has looked for a quarter of an hour.
FOLLOWS, ACCOUNTS = 6, 3

sizes = st.integers(1, 40).map(lambda steps: steps * Decimal("0.001"))
waits = st.sampled_from([0.02, 0.06, 0.11, 0.3, 1, 3, 9, 31, 70])
multipliers = st.sampled_from([Decimal(1), Decimal(1) / 3, Decimal("0.5"), Decimal(3)])
accounts = st.integers(1, ACCOUNTS).map(lambda number: f"follower-{number}")


FIGURES: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def figures(closing_line: Callable[[str], None]) -> Iterator[None]:
    yield
    closing_line(
        "histories: {histories} in {steps} steps, {fills} leader fills, {copied} of {copies} "
        "copies made; nothing doubled, drift at most one lot".format_map(FIGURES)
        if FIGURES["held"] == FIGURES["histories"]
        else "histories: an invariant is BROKEN"
    )


class AnyHistory(RuleBasedStateMachine):
    """A leader and up to six follows on three accounts, from the leader's venue to the books."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.time = Clockwork(self.world.clock)
        self.world.strike = self.struck
        self.dying: list[tuple[Point, bool]] = []
        self.follows: list[Any] = []

    @initialize(
        lag_s=st.sampled_from([0.0, EVIDENCE.visibility_lag_s]),
        late_s=st.sampled_from([0.5, EVIDENCE.receive_window_s]),
        multiplier=multipliers,
    )
    def open(self, lag_s: float, late_s: float, multiplier: Decimal) -> None:
        self.lag_s, self.late_s = lag_s, late_s
        self.followed(self.world.follower(1, lateness_s=20))
        self.followed(self.world.follower(2, multiplier=multiplier, shard=1, lateness_s=20))
        self.time.run(self.begin())

    async def begin(self) -> None:
        self.world.spawn(self.world.functions.run())
        await asyncio.sleep(3)

    async def struck(self, hit: Hit) -> Any:
        """Who arrives at a point where somebody is to die does, before or after its work there."""
        for point, after in self.dying:
            if point is hit.point:
                self.dying.remove((point, after))
                if after:
                    await hit.act()
                hit.worker.die()
        return await hit.act()

    # People.

    @rule(size=sizes, part=st.sampled_from([None, None, 3, 2, 1]), told=st.booleans())
    def leader_trades(self, size: Decimal, part: int | None, told: bool) -> None:
        """Buys, or closes a part of what is held; the socket tells, or only REST shows it."""
        held = self.world.leader.holding(PERPETUAL)
        change = -(held / part // Decimal("0.001") * Decimal("0.001")) if part else size
        if change:
            self.world.leader.trade(PERPETUAL, change, streamed=told)

    @rule(size=sizes, told=st.booleans())
    def leader_sells(self, size: Decimal, told: bool) -> None:
        self.world.leader.trade(PERPETUAL, -size, streamed=told)

    @precondition(lambda self: len(self.follows) < FOLLOWS)
    @rule(
        account=accounts,
        multiplier=multipliers,
        cap=st.sampled_from([None, Decimal(2)]),
        joins=st.booleans(),
    )
    def follow_begins(
        self, account: str, multiplier: Decimal, cap: Decimal | None, joins: bool
    ) -> None:
        rules = {"multiplier": multiplier, "max_position_notional": cap, "lateness_s": 20}
        if joins:
            rules |= {"existing": "join", "join_tolerance": Decimal("0.01")}
        number = len(self.follows) + 1
        self.followed(self.time.run(self.world.begin(number, account_id=account, **rules)))

    def followed(self, follow: Follow) -> None:
        self.follows.append(follow)
        venue = self.world.venue_of(follow)
        venue.lag_s, venue.late_s = self.lag_s, self.late_s

    @rule(which=st.integers(0, FOLLOWS - 1))
    def follow_stops(self, which: int) -> None:
        follow = self.follows[which % len(self.follows)]
        self.world.stop(follow)

    @rule(which=st.integers(0, FOLLOWS - 1), size=sizes, sign=st.sampled_from([1, 1, -1]))
    def follower_trades_by_hand(self, which: int, size: Decimal, sign: int) -> None:
        venue = self.world.venue_of(self.follows[which % len(self.follows)])
        venue.trade(PERPETUAL, sign * size)

    # Trouble.

    @rule(
        which=st.integers(0, FOLLOWS - 1),
        faults=st.lists(st.sampled_from([None, *Fault]), min_size=1, max_size=3),
    )
    def venue_misbehaves(self, which: int, faults: list[Fault | None]) -> None:
        without_end = [fault for fault in faults if fault is not Fault.STAYS_OPEN]
        self.world.venue_of(self.follows[which % len(self.follows)]).script.extend(without_end)

    @rule(point=st.sampled_from(Point), after=st.booleans())
    def somebody_will_die(self, point: Point, after: bool) -> None:
        self.dying.append((point, after))

    @rule()
    def everything_restarts(self) -> None:
        """Every invocation that is under way dies; streams, schedules and sagas go on."""
        for worker in list(self.world.workers):
            worker.alive = False

    @rule()
    def the_leader_s_socket_drops(self) -> None:
        self.world.leader.drop_sockets()

    @rule(seconds=st.sampled_from([0.5, 3]))
    def tables_throttle(self, seconds: float) -> None:
        self.world.throttled_until_ms = self.world.clock() + int(seconds * 1000)

    # AWS.

    @rule(seconds=waits)
    def time_passes(self, seconds: float) -> None:
        self.time.run(asyncio.sleep(seconds))

    @precondition(lambda self: self.world.tables.orders)
    @rule(which=st.integers(0, 30), workers=st.integers(1, 2))
    def a_record_comes_again(self, which: int, workers: int) -> None:
        orders = [o for o in self.world.tables.orders.values() if o.quantity]
        if orders:
            order = orders[which % len(orders)]
            self.time.run(self.deliver(order, workers))

    async def deliver(self, order: CopyOrder, workers: int) -> None:
        for _ in range(workers):
            self.world.spawn(self.world.functions.deliver(order))
        await asyncio.sleep(0)

    @precondition(lambda self: self.world.tables.fills)
    @rule(which=st.integers(0, 30))
    def exit_sync_looks(self, which: int) -> None:
        fills = list(self.world.tables.fills.values())
        self.time.run(self.look(fills[which % len(fills)]))

    async def look(self, fill: Any) -> None:
        look = self.world.functions.invoke(
            "exit_sync", lambda: self.world.functions.look_at_exit(fill)
        )
        await asyncio.gather(look, return_exceptions=True)

    # What holds.

    @invariant()
    def nothing_is_broken_so_far(self) -> None:
        FIGURES["steps"] += 1
        assert self.world.witness.broken == []
        assert list(invariants.at_most_one_in_the_book(self.world)) == []

    def teardown(self) -> None:
        FIGURES["histories"] += 1
        try:
            self.time.run(self.settle())
            assert invariants.broken(self.world) == []
            self.time.run(self.close_all())
            assert invariants.broken(self.world) == []
            self.count()
        finally:
            self.time.run(self.world.close())
            self.time.close()

    def count(self) -> None:
        orders = list(self.world.tables.orders.values())
        copied = sum(order.state is State.COPIED for order in orders)
        FIGURES.update(
            held=1, fills=len(self.world.tables.fills), copies=len(orders), copied=copied
        )

    async def settle(self) -> None:
        self.dying.clear()
        self.world.throttled_until_ms = 0
        for venue in self.world.followers():
            venue.script.clear()
        await self.world.quiet(DEADLINE_S)

    async def close_all(self) -> None:
        """The leader's next round trip takes along what trouble left behind."""
        self.world.leader.trade(PERPETUAL, "0.01")
        await asyncio.sleep(1)
        await self.world.quiet(DEADLINE_S)
        self.world.leader.trade(PERPETUAL, -self.world.leader.holding(PERPETUAL) or "0.01")
        await asyncio.sleep(1)
        await self.world.quiet(DEADLINE_S)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=int(GIVEN or EXAMPLES),
    stateful_step_count=30,
    derandomize=not GIVEN,
    deadline=None,
    database=None,
    print_blob=True,
    report_multiple_bugs=False,
    # A world is large: to make an example smaller takes minutes, and is asked for by SHRINK=1.
    phases=[phase for phase in Phase if phase is not Phase.shrink or os.environ.get("SHRINK")],
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
