"""The stores and the venue in memory, with the points of the matrix on their way."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotSent, OutcomeUnknown
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.invitations import Invitation
from pilotfish.domain.limits import Standing
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.venues import OrderRequest, Position, VenueOrder
from pilotfish.ports import Cursor, Lease, LedgerKey, Roll
from tests.fakes import (
    MemoryCursors,
    MemoryFills,
    MemoryFollowStarts,
    MemoryLeases,
    MemoryLedgers,
    MemoryOrders,
    MemoryPositions,
    ModelVenue,
    ModelVenues,
)
from tests.matrix.points import Point
from tests.matrix.workers import at_work

if TYPE_CHECKING:
    from tests.matrix.world import World

# What the venue layer's look-ups allow two clocks to be apart.
TOLERANCE_MS = 2_000


class WatchedOrders(MemoryOrders):
    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world

    async def claim(
        self, order: CopyOrder, quantity: Decimal, now_ms: int, standing: Standing | None = None
    ) -> CopyOrder | None:
        async def write() -> CopyOrder | None:
            self._world.call_table()
            return await super(WatchedOrders, self).claim(order, quantity, now_ms, standing)

        claimed = await self._world.arrive(Point.BEFORE_CLAIM, order, write)
        if claimed is None:
            return None
        self._world.on_claim(claimed)

        async def go_on() -> CopyOrder:
            return claimed

        return await self._world.arrive(Point.CLAIMED, claimed, go_on)  # type: ignore[no-any-return]

    async def record(self, before: CopyOrder, after: CopyOrder) -> CopyOrder | None:
        async def write() -> CopyOrder | None:
            self._world.call_table()
            return await super(WatchedOrders, self).record(before, after)

        async def go_on() -> None:
            return None

        if before.state is not State.SENT:
            return await write()
        stored = await self._world.arrive(Point.ANSWERED, after, write)
        await self._world.arrive(Point.RECORDED, after, go_on)
        return stored  # type: ignore[no-any-return]


class WatchedLedgers(MemoryLedgers):
    """What it commits goes onto the orders' stream."""

    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world

    def commit(self, key: LedgerKey, ledger: Ledger, orders: Sequence[CopyOrder]) -> bool:
        self._world.call_table()
        done = super().commit(key, ledger, orders)
        if done:
            self._world.on_plan([self._world.stored(order) for order in orders])
        return done


class WatchedFollowStarts(MemoryFollowStarts):
    """What it plans goes onto the orders' stream."""

    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world

    def begin(
        self,
        follow: Follow,
        rolls: Sequence[Roll],
        decided: Sequence[tuple[LedgerKey, Ledger, CopyOrder]],
        skipped: Sequence[CopyOrder],
        invitation: Invitation | None = None,
    ) -> bool:
        self._world.call_table()
        done = super().begin(follow, rolls, decided, skipped, invitation)
        if done:
            orders = [order for _, _, order in decided]
            self._world.on_plan([self._world.stored(order) for order in orders])
        return done


class WatchedFills(MemoryFills):
    """What it writes goes onto the fills' stream."""

    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world

    def add(
        self, account: Account, holdings: Holdings, fills: Sequence[Fill], lease: Lease
    ) -> list[Fill]:
        self._world.call_table()
        added = super().add(account, holdings, fills, lease)
        self._world.wrote_under(lease)
        for fill in added:
            self._world.fill_stream.put(fill)
        return added

    def mark_decided(self, fill: Fill) -> None:
        self._world.call_table()
        super().mark_decided(fill)


class WatchedCursors(MemoryCursors):
    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world

    def save(self, cursor: Cursor, lease: Lease) -> None:
        self._world.call_table()
        super().save(cursor, lease)
        self._world.wrote_under(lease)


class WatchedPositions(MemoryPositions):
    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world

    def save_baseline(self, account_id: str, positions: Sequence[Position], lease: Lease) -> None:
        self._world.call_table()
        super().save_baseline(account_id, positions, lease)
        self._world.wrote_under(lease)


class WatchedLeases(MemoryLeases):
    def __init__(self, world: "World") -> None:
        super().__init__(world.tables)
        self._world = world
        self.fences: list[int] = []

    def acquire(self, shard: str, owner: str, now_ms: int, ttl_ms: int) -> Lease | None:
        self._world.call_table()
        lease = super().acquire(shard, owner, now_ms, ttl_ms)
        if lease is not None:
            self.fences.append(lease.fence)
        return lease

    def renew(self, lease: Lease, now_ms: int, ttl_ms: int) -> Lease:
        async def write() -> Lease:
            self._world.call_table()
            return super(WatchedLeases, self).renew(lease, now_ms, ttl_ms)

        return run_now(self._world.arrive(Point.RENEWAL, None, write))  # type: ignore[no-any-return]

    def release(self, lease: Lease) -> None:
        self._world.call_table()
        super().release(lease)


class WatchedVenue(ModelVenue):
    """As the venue layer speaks to it: in the venue's time, with failed look-ups as unknown."""

    world: "World"
    banned_until_ms: int = 0
    loses_partial_replies: int = 0

    async def create_order(self, request: OrderRequest) -> VenueOrder:
        at_work().require_alive()
        order = self.world.order_of(request)

        async def send() -> VenueOrder:
            if self._banned_s() > 0:
                raise NotSent("418 I'm a teapot", wait_s=self._banned_s())
            self.world.witness.sends(order, request)
            in_its_time = replace(request, claimed_ms=request.claimed_ms - at_work().skew_ms)
            answer = await ModelVenue.create_order(self, in_its_time)
            if self.loses_partial_replies:
                self.loses_partial_replies -= 1
                raise OutcomeUnknown("timed out")
            return answer

        return await self.world.arrive(Point.SENDING, order, send)  # type: ignore[no-any-return]

    async def find_order(self, request: OrderRequest) -> VenueOrder | None:
        at_work().require_alive()

        async def look() -> VenueOrder | None:
            if self._banned_s() > 0:
                raise OutcomeUnknown("the look-up failed: 429 too many requests")
            since_ms = request.claimed_ms - at_work().skew_ms - TOLERANCE_MS
            return await ModelVenue.find_order(self, replace(request, claimed_ms=since_ms))

        order = self.world.order_of(request)
        return await self.world.arrive(Point.RECONCILING, order, look)  # type: ignore[no-any-return]

    async def server_time_ms(self) -> int:
        if self._banned_s() > 0:
            raise NotSent("429 too many requests", wait_s=self._banned_s())
        return await super().server_time_ms()

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Fill]:
        if self._banned_s() > 0:
            raise NotSent("429 too many requests", wait_s=self._banned_s())
        return await super().fills_since(since_ms, symbols)

    async def symbols_traded(self, since_ms: int) -> set[str]:
        """A venue that tells an account's income shows where a closed position was, too."""
        traded = {fill.symbol for fill in self.trades if fill.traded_ms >= since_ms}
        return traded | await super().symbols_traded(since_ms)

    def _banned_s(self) -> float:
        return (self.banned_until_ms - self.clock()) / 1000


class WatchedVenues(ModelVenues):
    """`refusals` are what opening an account meets first."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: dict[str, list[Exception]] = {}

    async def account(self, account: Account) -> ModelVenue:
        at_work().require_alive()
        if refusals := self.refusals.get(account.account_id):
            raise refusals.pop()
        return await super().account(account)


class Sagas:
    """Executions by name: a second start of the same one does nothing."""

    def __init__(self, world: "World", run: Callable[..., Any], name: Callable[[Any], str]) -> None:
        self._world = world
        self._run = run
        self._name = name
        self.started: set[str] = set()
        self.lost: set[str] = set()
        self.refuse = 0

    def start(self, subject: Any, **how: bool) -> None:
        """`lost` names follows whose executions the executor starts in vain."""
        self._world.call_table()
        if self.refuse:
            self.refuse -= 1
            self._world.time_out()
        if getattr(subject, "follow_id", "") in self.lost and at_work().name == "executor":
            return
        if self._name(subject) not in self.started:
            self.started.add(self._name(subject))
            self._world.spawn(self._run(subject, **how))


def run_now(work: Any) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waits")
