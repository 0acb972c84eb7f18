"""A leader and followers on the stores in memory, from the leader's fill to the venue's book."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.syncing import Remainder
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Lease
from pilotfish.usecases.await_prices import AwaitPrices, Looked
from pilotfish.usecases.change_follow import ChangeFollow, Changing
from pilotfish.usecases.close_copies import CloseCopies
from pilotfish.usecases.compare import Compare
from pilotfish.usecases.end_follows import EndFollows
from pilotfish.usecases.end_sight import EndSight
from pilotfish.usecases.execute import Execute
from pilotfish.usecases.look_again import LookAgain
from pilotfish.usecases.map_fill import MapFill
from pilotfish.usecases.reconcile import Reconcile
from pilotfish.usecases.replay import Replay
from pilotfish.usecases.retry import RetryOrder, Turn
from pilotfish.usecases.set_margin import SetMargin
from pilotfish.usecases.settle_drift import SettleDrift
from pilotfish.usecases.start_follow import StartFollow
from pilotfish.usecases.stop_follow import StopFollow
from pilotfish.usecases.sweep import Sweep
from pilotfish.usecases.sync_exit import Look, SyncExit
from tests.fakes.auditing import MemoryAudit, MemoryDrifts, MemoryReplays
from tests.fakes.clock import ManualClock
from tests.fakes.copying import (
    MemoryAccounts,
    MemoryExitSyncs,
    MemoryFollows,
    MemoryInstruments,
    MemoryLedgers,
    MemoryOrders,
    MemoryRetries,
    MemoryWaits,
)
from tests.fakes.halting import MemoryHalts
from tests.fakes.leading import MemoryInvitations, MemoryLeaders
from tests.fakes.listening import MemoryFills, MemoryLeases, MemoryPositions
from tests.fakes.margins import MemoryMargins
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, a_follow, an_account, an_instrument
from tests.fakes.starting import MemoryFollowStarts, admitting
from tests.fakes.tables import Tables
from tests.fakes.venue import ModelVenue, ModelVenues
from tests.fakes.wallets import MemoryWallets

INSTRUMENTS = (an_instrument(PERPETUAL), an_instrument(SPOT), an_instrument("ETH/USDT:USDT"))


class MemorySubscriptions:
    """Of users, by connection and topic."""

    def __init__(self) -> None:
        self.users: dict[tuple[str, str], str] = {}

    def of_user(self, user: str, topic: str) -> list[str]:
        return [who for (who, of), whose in self.users.items() if (of, whose) == (topic, user)]

    def remove(self, connection_id: str, topic: str) -> None:
        self.users.pop((connection_id, topic), None)


class Told:
    """What owners were told of follows that still hold something."""

    def __init__(self) -> None:
        self.unclosed_of: list[tuple[str, list[Remainder]]] = []

    def unclosed(self, follow: Follow, left: Sequence[Remainder]) -> None:
        self.unclosed_of.append((follow.follow_id, list(left)))


class Scene:
    """Everything between a fill and its copies; a test steps through it as it likes."""

    def __init__(
        self, clock: ManualClock | None = None, instruments: Iterable[Instrument] = INSTRUMENTS
    ) -> None:
        self.clock = clock or ManualClock()
        self.tables = Tables()
        self.accounts, self.follows = MemoryAccounts(self.tables), MemoryFollows(self.tables)
        self.orders, self.retries = MemoryOrders(self.tables), MemoryRetries()
        self.venues = ModelVenues()
        self.fills = MemoryFills(self.tables)
        self.instruments = MemoryInstruments(self.tables)
        self.instruments.publish("model", list(instruments), self.clock())
        self.held_by: dict[str, Holdings] = defaultdict(Holdings)
        self.exit_syncs = MemoryExitSyncs()
        deciding: Any = {
            "fills": self.fills,
            "follows": self.follows,
            "ledgers": MemoryLedgers(self.tables),
            "positions": MemoryPositions(self.tables),
            "instruments": self.instruments,
            "clock": self.clock,
            "pool": ThreadPoolExecutor(1),
        }
        self.wallets = MemoryWallets()
        self.map_fill = MapFill(**deciding, wallets=self.wallets, exit_syncs=self.exit_syncs)
        self.leaders = MemoryLeaders(self.tables)
        self.invitations = MemoryInvitations(self.tables)
        self.start_follow = StartFollow(
            wallets=self.wallets,
            accounts=self.accounts,
            follows=self.follows,
            positions=deciding["positions"],
            ledgers=deciding["ledgers"],
            instruments=self.instruments,
            starts=MemoryFollowStarts(self.tables),
            admit=admitting(self.tables, self.wallets, self.clock),
            clock=self.clock,
            pool=deciding["pool"],
            pause=lambda seconds: None,
        )
        self.sync_exit = SyncExit(**deciding, orders=self.orders)
        self.await_prices = AwaitPrices(
            waits=MemoryWaits(self.tables, self.clock),
            ledgers=deciding["ledgers"],
            follows=self.follows,
            venues=self.venues,
            clock=self.clock,
        )
        sending = {
            "orders": self.orders,
            "accounts": self.accounts,
            "venues": self.venues,
            "clock": self.clock,
        }
        looking = {key: deciding[key] for key in ("fills", "follows", "ledgers", "positions")}
        self.replay = Replay(
            orders=self.orders,
            accounts=self.accounts,
            **looking,
            replays=MemoryReplays(self.tables),
            retries=self.retries,
            look_again=LookAgain(self.accounts, self.venues, self.clock),
            clock=self.clock,
        )
        self.compare = Compare(
            positions=deciding["positions"],
            ledgers=deciding["ledgers"],
            orders=self.orders,
            instruments=self.instruments,
        )
        self.reconcile = Reconcile(
            accounts=self.accounts,
            venues=self.venues,
            follows=self.follows,
            compare=self.compare,
            settle_drift=SettleDrift(
                compare=self.compare,
                positions=deciding["positions"],
                drifts=MemoryDrifts(self.tables),
                audit=MemoryAudit(self.tables),
                clock=self.clock,
            ),
        )
        self.halts = MemoryHalts(self.tables)
        changing = Changing(self.follows, self.clock)
        self.change_follow = ChangeFollow(changing, deciding["positions"], self.orders)
        self.close_copies = CloseCopies(
            ledgers=deciding["ledgers"],
            positions=deciding["positions"],
            orders=self.orders,
            instruments=self.instruments,
            clock=self.clock,
        )
        self.subscriptions = MemorySubscriptions()
        end_sight = EndSight(self._may_see, self.subscriptions)
        self.stop_follow = StopFollow(
            changing, self.close_copies, deciding["positions"], end_sight, self.clock
        )
        self.told = Told()
        self.end_follows = EndFollows(
            follows=self.follows,
            close=self.close_copies,
            positions=deciding["positions"],
            instruments=self.instruments,
            alerts=self.told,
            end_sight=end_sight,
            clock=self.clock,
        )
        self.set_margin = SetMargin(
            accounts=self.accounts,
            venues=self.venues,
            margins=MemoryMargins(self.tables),
            clock=self.clock,
        )
        self.execute = Execute(
            **sending,  # type: ignore[arg-type]
            halts=self.halts,
            margins=self.set_margin,
            retries=self.retries,
            follow_up_s=(0.0, 0.0),
        )
        self.retry = RetryOrder(**sending, execute=self.execute)  # type: ignore[arg-type]
        self.sweep = Sweep(
            fills=self.fills,
            orders=self.orders,
            map_fill=self.map_fill,
            retries=self.retries,
            clock=self.clock,
        )
        self.accounts.save(an_account("leader", listen_shard="0"))

    def _may_see(self, viewer: Viewer, trader: str) -> bool:
        follows = self.tables.follows.values()
        own = self.tables.accounts[trader].owner == viewer.user
        return own or any(
            f.live and (f.owner, f.leader_id) == (viewer.user, trader) for f in follows
        )

    def follower(self, number: int = 1, **more: Any) -> ModelVenue:
        """A follower with an account on a venue of its own; `more` is for `a_follow`."""
        follow = a_follow(number, **more)
        self.follows.save(follow)
        self.accounts.save(an_account(follow.account_id))
        venue = self.venues.of[follow.account_id] = ModelVenue(self.clock, follow.account_id)
        return venue

    def fill(self, quantity: str | Decimal, **more: Any) -> Fill:
        """A new fill of the leader's, written down as the poller does."""
        taken = MemoryLeases(self.tables).acquire("0", "poller", self.clock(), 6_000)
        lease = taken or self.tables.leases["0"]
        assert isinstance(lease, Lease)
        times = {"traded_ms": self.clock(), "seen_ms": self.clock()}
        number = {"trade_id": str(len(self.tables.fills) + 1)}
        fill = a_fill(quantity, **number | times | more)
        leader = an_account(fill.account_id)
        [stamped] = self.fills.add(leader, self.held_by[fill.account_id], [fill], lease)
        return stamped

    def decide(self, quantity: str | Decimal, **more: Any) -> list[CopyOrder]:
        """A new fill of the leader's and what the mapper made of it."""
        fill = self.fill(quantity, **more)
        self.map_fill(fill)
        return [o for o in self.tables.orders.values() if o.fill_id == fill.fill_id]

    async def copy(self, quantity: str | Decimal, **more: Any) -> list[CopyOrder]:
        """A new fill of the leader's, decided and sent; its orders as they are stored then."""
        orders = self.decide(quantity, **more)
        for order in orders:
            if order.state is State.PLANNED:
                await self.execute(order)
        return [self.stored(order) for order in orders]

    async def turn(self, order: CopyOrder) -> Turn:
        """One turn of the saga."""
        return await self.retry(order.follow_id, order.order_key)

    async def sync(self, fill: Fill) -> Look:
        """One look of `exit_sync` at the leader's exit, and what it planned sent."""
        look = self.sync_exit(fill.account_id, fill.fill_id)
        for order in self.stored_orders():
            if order.state is State.PLANNED:
                await self.execute(order)
        return look

    async def look(self, price: str | Decimal | None = None, symbol: str = PERPETUAL) -> Looked:
        """One look at what waits, at a price, and what it let go sent at that price."""
        if price is not None:
            self.venues.prices["model"] = {symbol: Decimal(price)}
            for venue in self.venues.of.values():
                assert isinstance(venue, ModelVenue)
                venue.price = Decimal(price)
        looked = await self.await_prices()
        for order in self.stored_orders():
            if order.state is State.PLANNED:
                await self.execute(order)
        return looked

    def stored_orders(self) -> list[CopyOrder]:
        """Every copy order, in the order of their planning."""
        return list(self.tables.orders.values())

    def contents(self) -> Tables:
        """Every table as it is now."""
        return deepcopy(self.tables)

    def stored(self, order: CopyOrder) -> CopyOrder:
        return self.tables.orders[order.follow_id, order.order_key]
