"""The functions of the product and what wakes them: streams, schedules, sagas, workers that die."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.ports import Lease
from pilotfish.usecases.execute import Execute
from pilotfish.usecases.in_order import InOrder
from pilotfish.usecases.listen import Listener
from pilotfish.usecases.map_fill import MapFill
from pilotfish.usecases.poll import Poll
from pilotfish.usecases.retry import RetryOrder
from pilotfish.usecases.set_margin import SetMargin
from pilotfish.usecases.start_follow import StartFollow
from pilotfish.usecases.sweep import Sweep
from pilotfish.usecases.sync_exit import Standing, SyncExit
from tests.fakes.asides import MemoryAsides
from tests.fakes.halting import MemoryHalts
from tests.fakes.healths import MemoryHealths
from tests.fakes.margins import MemoryMargins
from tests.fakes.starting import admitting
from tests.fakes.wallets import MemoryWallets
from tests.matrix.points import Point
from tests.matrix.streams import Record
from tests.matrix.workers import WORKER, Worker

if TYPE_CHECKING:
    from tests.matrix.world import World

SCHEDULE_S = 60
RUN_S = 75
_STARTING = ("follows", "ledgers", "positions", "instruments", "clock", "pool")

T = TypeVar("T")


class Inline(Executor):
    """A pool that works at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class _Nobody:
    def start(self, fill: Fill, *, late: bool) -> None:
        return


class Functions:
    """Each on the stores and venues of a world, woken as AWS wakes it."""

    def __init__(self, world: "World") -> None:
        self._world = world
        deciding: dict[str, Any] = {
            "fills": self._world.fills,
            "follows": self._world.follows,
            "ledgers": self._world.ledgers,
            "positions": self._world.positions,
            "instruments": self._world.instruments,
            "clock": self._world.now,
            "pool": Inline(),
        }
        sending: dict[str, Any] = {
            "orders": self._world.orders,
            "accounts": self._world.accounts,
            "venues": self._world.venues,
            "clock": self._world.now,
        }
        wallets = MemoryWallets()
        exit_syncs = self._world.exit_syncs
        self.map_fill = MapFill(**deciding, wallets=wallets, exit_syncs=exit_syncs)
        self.start_follow = StartFollow(
            wallets=wallets,
            accounts=self._world.accounts,
            **{name: deciding[name] for name in _STARTING},
            starts=self._world.follow_starts,
            admit=admitting(self._world.tables, wallets, self._world.now),
            pause=lambda seconds: None,
        )
        self.sync_exit = SyncExit(**deciding, orders=self._world.orders)
        self.execute = Execute(
            **sending,
            halts=MemoryHalts(self._world.tables),
            margins=SetMargin(
                accounts=self._world.accounts,
                venues=self._world.venues,
                margins=MemoryMargins(self._world.tables),
                clock=self._world.now,
            ),
            retries=self._world.retries,
        )
        self.retry = RetryOrder(**sending, execute=self.execute)
        self.sweep = Sweep(
            fills=self._world.fills,
            orders=self._world.orders,
            map_fill=self.map_fill,
            retries=self._world.retries,
            clock=self._world.now,
        )

    async def invoke(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """One invocation of a function, by a worker that may die in it."""

        async def invocation() -> T:
            worker = Worker(name)
            self._world.workers.add(worker)
            WORKER.set(worker)
            return await work()

        return await asyncio.ensure_future(invocation())

    async def decide(self, batch: list[Record]) -> list[Record]:
        async def work() -> list[Record]:
            decide, failed = InOrder(self.map_fill), []
            for record in batch:
                try:
                    decide(_readable(record))
                except Exception:  # noqa: BLE001 - as the handler: the record comes again
                    failed.append(record)
            return failed

        return await self.invoke("mapper", work)

    async def send(self, batch: list[Record]) -> list[Record]:
        async def one(record: Record) -> None:
            await self.execute(_readable(record))

        async def work() -> list[Record]:
            failed = []
            for record in batch:
                try:
                    await one(record)
                except Exception:  # noqa: BLE001 - as the handler: the record comes again
                    failed.append(record)
            return failed

        return await self.invoke("executor", work)

    async def deliver(self, order: CopyOrder) -> None:
        """The order's first image once more, to another worker; the stream has no skips."""
        if order.history[0].state is State.SKIPPED:
            return
        image = replace(order, **_FIRST_IMAGE)
        await asyncio.gather(
            self.invoke("duplicate", lambda: self.execute(image)), return_exceptions=True
        )

    async def look_at_exit(self, fill: Fill, *, late: bool) -> Standing:
        async def look() -> Standing:
            self._world.call_table()
            return self.sync_exit(fill.account_id, fill.fill_id, late=late).standing

        return await self._world.arrive(Point.RECONCILING, "exit_sync", look)  # type: ignore[no-any-return]

    async def poll(self, owner: str) -> None:
        def listener(account: Account, lease: Lease) -> Listener:
            return Listener(
                account,
                lease,
                venues=self._world.venues,
                fills=self._world.fills,
                asides=MemoryAsides(self._world.tables),
                healths=MemoryHealths(self._world.tables),
                cursors=self._world.cursors,
                positions=self._world.positions,
                clock=self._world.now,
            )

        poll = Poll(
            leases=self._world.leases,
            accounts=self._world.accounts,
            listener=listener,
            clock=self._world.now,
        )
        until_ms = self._world.clock() + RUN_S * 1000
        work = self.invoke("poller", lambda: poll("0", owner, until_ms))
        await asyncio.gather(work, return_exceptions=True)

    async def run(self) -> None:
        """The schedules, for ever."""
        for minute in range(10_000):
            self._world.spawn(self.poll(f"run-{minute}"))
            await asyncio.sleep(SCHEDULE_S / 2)
            self._world.spawn(self._sweep())
            await asyncio.sleep(SCHEDULE_S / 2)

    async def _sweep(self) -> None:
        async def sweep() -> None:
            self._world.call_table()
            self.sweep()

        work = self.invoke("sweep", lambda: self._world.arrive(Point.RECONCILING, "sweep", sweep))
        await asyncio.gather(work, return_exceptions=True)

    def decide_again(self, fill: Fill) -> None:
        """The mapper is told of a fill once more, when all is over and nothing else runs."""
        deciding = MapFill(
            fills=self._world.fills,
            follows=self._world.follows,
            ledgers=self._world.ledgers,
            positions=self._world.positions,
            instruments=self._world.instruments,
            wallets=MemoryWallets(),
            exit_syncs=_Nobody(),
            clock=self._world.now,
            pool=Inline(),
        )
        deciding(fill)


def _readable(record: Record) -> Any:
    if record.image is None:
        raise ValueError("nobody can read this record")
    return record.image


_FIRST_IMAGE: dict[str, Any] = {
    "state": State.PLANNED,
    "reason": "",
    "revision": 0,
    "sent_ms": 0,
    "answered_ms": 0,
    "attempts": 0,
    "looks": 0,
    "not_before_ms": 0,
    "venue_order_id": "",
    "sent_quantity": Decimal(0),
    "filled_quantity": Decimal(0),
    "average_price": Decimal(0),
    "fee_in_base": Decimal(0),
    "fee": None,
    "fee_currency": "",
}
