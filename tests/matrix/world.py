"""The whole of Pilotfish in virtual time: from a leader's trade to its followers' books.

The use cases are the product's. Streams, schedules and state machines are played here as AWS
plays them: at least once, in order by key, with retries, and with workers that may die.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import Follow, Status
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from pilotfish.domain.venues import OrderRequest
from pilotfish.ports import Lease
from tests.fakes import (
    ManualClock,
    MemoryAccounts,
    MemoryFollows,
    MemoryInstruments,
    Tables,
)
from tests.fakes.samples import PERPETUAL, a_follow, an_account, an_instrument
from tests.fakes.starting import wanted
from tests.matrix import sagas
from tests.matrix.functions import Functions
from tests.matrix.points import Hit, Point
from tests.matrix.streams import Stream
from tests.matrix.watched import (
    Sagas,
    WatchedCursors,
    WatchedFills,
    WatchedFollowStarts,
    WatchedLeases,
    WatchedLedgers,
    WatchedOrders,
    WatchedPositions,
    WatchedVenue,
    WatchedVenues,
)
from tests.matrix.witness import Witness
from tests.matrix.workers import TableTimeout, Throttled, Worker, at_work

SCHEDULE_S = 60
RUN_S = 75
SEALED = b"the-sealed-key"

T = TypeVar("T")


class World:
    """A leader, followers and every function; `strike` is asked at each point of the matrix."""

    def __init__(self, instruments: Iterable[Instrument] = (an_instrument(PERPETUAL),)) -> None:
        self.clock = ManualClock()
        self.tables = Tables()
        self.strike: Callable[[Hit], Awaitable[Any]] | None = None
        self.claimed: Callable[[CopyOrder], None] = lambda order: None
        self.planned: Callable[[CopyOrder], None] = lambda order: None
        self.throttled_until_ms = 0
        self.left: list[str] = []
        self.open_sagas = 0
        self.workers: WeakSet[Worker] = WeakSet()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.witness = Witness(self)
        self.venues = WatchedVenues()
        self.accounts, self.follows = MemoryAccounts(self.tables), MemoryFollows(self.tables)
        self.leases, self.fills = WatchedLeases(self), WatchedFills(self)
        self.follow_starts = WatchedFollowStarts(self)
        self.cursors, self.positions = WatchedCursors(self), WatchedPositions(self)
        self.ledgers, self.orders = WatchedLedgers(self), WatchedOrders(self)
        self.instruments = MemoryInstruments(self.tables)
        self.instruments.publish("model", list(instruments), self.clock())
        self.retries = Sagas(
            self, lambda o: sagas.retry_order(self, o), lambda o: f"{o.order_id}-{o.revision}"
        )
        self.exit_syncs = Sagas(self, partial(sagas.exit_sync, self), lambda f: f.fill_id)
        functions = self.functions = Functions(self)
        self.fill_stream = Stream(functions.decide, lambda fill: fill.account_id, self.spawn)
        self.order_stream = Stream(functions.send, lambda order: order.follow_id, self.spawn)
        self.leader = self._open("leader", listen_shard="0")

    # What happens outside: people trade, follow and stop.

    def follower(self, number: int, **more: Any) -> Follow:
        """A follow that begins now, on an account of its own."""
        follow = a_follow(number, **{"started_ms": self.clock()} | more)
        self.follows.save(follow)
        if follow.account_id not in self.venues.of:
            self._open(follow.account_id)
        return follow

    async def begin(self, number: int, **more: Any) -> Follow:
        """A follow that is asked for, and once more for as long as nobody answers."""
        account_id = more.pop("account_id", f"follower-{number}")
        if account_id not in self.venues.of:
            self._open(account_id)
        asked = wanted(f"follow-{number}", account_id, Rules(**more))
        start = self.functions.start_follow
        while True:
            try:
                return (await self.functions.invoke("follow", lambda: start(asked))).follow
            except (Throttled, NotReady):
                await asyncio.sleep(1)

    def stop(self, follow: Follow) -> None:
        self.follows.save(replace(follow, status=Status.STOPPED))
        self.witness.stopped_ms.setdefault(follow.follow_id, self.clock())

    def _open(self, account_id: str, **more: Any) -> WatchedVenue:
        self.accounts.save(an_account(account_id, sealed_key=SEALED, **more))
        venue = WatchedVenue(self.clock, account_id, streams_fills=account_id == "leader")
        venue.world = self
        self.venues.of[account_id] = venue
        return venue

    # What the functions are told.

    def now(self) -> int:
        return self.clock() + at_work().skew_ms

    def call_table(self) -> None:
        """Every call of a table: the dead make none, and there may be no capacity."""
        at_work().require_alive()
        if self.clock() < self.throttled_until_ms:
            raise Throttled("ProvisionedThroughputExceededException")

    def time_out(self) -> None:
        raise TableTimeout("no answer in time")

    def wrote_under(self, lease: Lease) -> None:
        if self.tables.leases[lease.shard].fence != lease.fence:
            self.witness.say(8, f"{at_work().name} wrote under fence {lease.fence}")

    def on_plan(self, orders: list[CopyOrder]) -> None:
        for order in orders:
            self.planned(order)
            if order.state is State.PLANNED:
                self.order_stream.put(order)

    def on_claim(self, order: CopyOrder) -> None:
        self.claimed(order)

    def order_of(self, request: OrderRequest) -> CopyOrder:
        orders = self.tables.orders.values()
        return next(o for o in orders if o.client_order_id == request.client_order_id)

    def stored(self, order: CopyOrder) -> CopyOrder:
        return self.tables.orders[order.follow_id, order.order_key]

    async def arrive(
        self, point: Point, about: CopyOrder | str | None, act: Callable[[], Awaitable[Any]]
    ) -> Any:
        """A worker stands at a point of the matrix: it does what it was about to, or is struck."""
        at_work().require_alive()
        if self.strike is None:
            return await act()
        order = about if isinstance(about, CopyOrder) else None
        name = order.follow_id if order else str(about)
        return await self.strike(Hit(self, point, name, order, at_work(), act))

    # What runs in the background, and when it is through.

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run beside everything else, as nobody's work."""
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (trouble := task.exception()):
            self.witness.say(0, f"the world itself broke: {trouble!r}")

    def unsettled(self) -> list[str]:
        """What is still on its way."""
        seen = {fill.trade_id for fill in self.tables.fills.values()}
        missing = [fill.trade_id for fill in self.leader.trades if fill.trade_id not in seen]
        under_way = [f"fill {trade_id} is not written" for trade_id in missing]
        under_way += [f"{key} is undecided" for key in self.tables.undecided - self.poisonous]
        orders = self.tables.orders.values()
        under_way += [f"{o.order_id} is {o.state}" for o in orders if not o.state.terminal]
        if self.open_sagas or not (self.fill_stream.idle and self.order_stream.idle):
            under_way.append("a stream or a saga is busy")
        return under_way

    @property
    def poisonous(self) -> set[tuple[str, str]]:
        """Fills of leaders that nobody connected: they can never be decided."""
        return {key for key in self.tables.undecided if key[0] not in self.tables.accounts}

    async def quiet(self, deadline_s: float) -> float:
        """Wait until nothing is on its way; returns how long that took (s)."""
        began_ms = self.clock()
        while under_way := self.unsettled():
            waited_s = (self.clock() - began_ms) / 1000
            if waited_s > deadline_s:
                self.witness.say(4, f"after {waited_s:.0f} s: {'; '.join(under_way)}")
                break
            await asyncio.sleep(0.25)
        return (self.clock() - began_ms) / 1000

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def followers(self) -> list[WatchedVenue]:
        """Where followers trade."""
        return [v for v in self.venues.of.values() if v is not self.leader]  # type: ignore[misc]

    def venue_of(self, follow: Follow | CopyOrder) -> WatchedVenue:
        return self.venues.of[follow.account_id]  # type: ignore[return-value]

    def copies(self, follow_id: str) -> Decimal:
        """What a follow holds of copies, by the venues' books: signed base units."""
        held = Decimal(0)
        mine = {o.client_order_id for o in self.tables.orders.values() if o.follow_id == follow_id}
        for venue in self.followers():
            for entry in venue.book:
                if entry.request.client_order_id in mine:
                    held += entry.request.side.sign * entry.filled
        return held
