"""A leader whose record is kept, with followers, on the twins of the stores."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.corrections import Correction, Verb
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.leaders import Leader, Profile
from pilotfish.domain.orders import CopyOrder, Event, State
from pilotfish.domain.payments import Kind, Payment, Reading
from pilotfish.domain.performance.counting import Counted
from pilotfish.domain.performance.days import DAY_MS, Day
from pilotfish.domain.quotes import Quote
from pilotfish.domain.sync_sessions import SyncStatus
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases.count_copies import CountCopies
from pilotfish.usecases.count_fills import CountFills
from pilotfish.usecases.keep_follows import KeepFollows
from pilotfish.usecases.keep_records import KeepRecords, Kept
from pilotfish.usecases.latest_prices import LatestPrices
from tests import fakes
from tests.fakes import EPOCH_MS
from tests.fakes.corrections import MemoryCorrections
from tests.fakes.keyring import MemoryRegister
from tests.fakes.leading import MemoryLeaders
from tests.fakes.samples import PERPETUAL, a_fill, a_follow, a_session, an_account, an_order
from tests.fakes.track_records import (
    MemoryExecuted,
    MemoryFeeStatements,
    MemoryPayments,
    MemoryTrackRecords,
)
from tests.fakes.wallets import MemoryWallets

LEADER = an_account("leader", listen_shard="0")
FEE = Decimal("0.1")


class Quotes:
    """What somebody looked at."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Quote] = {}

    def of(self, markets: Any) -> dict[tuple[str, str], Quote]:
        return {market: self.known[market] for market in markets if market in self.known}


class Scene:
    def __init__(self) -> None:
        self.clock = fakes.ManualClock()
        self.tables = fakes.Tables()
        self.records = MemoryTrackRecords()
        self.statements = MemoryFeeStatements()
        self.payments = MemoryPayments()
        self.wallets = MemoryWallets()
        self.quotes = Quotes()
        self.corrections = MemoryCorrections(self.tables)
        self.leaders = MemoryLeaders(self.tables)
        self.follows = fakes.MemoryFollows(self.tables)
        self._fills = fakes.MemoryFills(self.tables)
        self._past = fakes.MemoryPastFills(self.tables)
        self._sessions = fakes.MemorySyncSessions(self.tables)
        self._holdings = Holdings()
        self._trades = 0
        leases = fakes.MemoryLeases(self.tables)
        lease = leases.acquire("0", "poller", self.clock(), 10**12)
        assert lease is not None
        self._lease = lease
        fakes.MemoryAccounts(self.tables).save(LEADER)
        self.leaders.save(Leader("leader", "ada", "model", Profile("Ada", fee=FEE), EPOCH_MS))

    def worker(self) -> KeepRecords:
        """Another one, that knows nothing but what is stored."""
        return KeepRecords(
            register=MemoryRegister(self.tables),
            follows=self.follows,
            leaders=self.leaders,
            wallets=self.wallets,
            records=self.records,
            count_fills=self._count_fills(),
            keep_follows=KeepFollows(
                records=self.records,
                statements=self.statements,
                count_copies=CountCopies(
                    executed=MemoryExecuted(self.tables),
                    records=self.records,
                    payments=self.payments,
                ),
                payments=self.payments,
                wallets=self.wallets,
                clock=self.clock,
            ),
            payments=self.payments,
            prices=lambda: LatestPrices(self.quotes, self.clock),
            clock=self.clock,
        )

    def _count_fills(self) -> CountFills:
        return CountFills(
            executed=MemoryExecuted(self.tables),
            corrections=self.corrections,
            sessions=self._sessions,
            positions=fakes.MemoryPositions(self.tables),
            records=self.records,
            payments=self.payments,
            clock=self.clock,
        )

    def count(self, until_ms: int) -> Counted | None:
        """The leader's fills alone, as far as there is time."""
        return self._count_fills()("leader", until_ms)

    def keep(self, *, seconds_left: int = 60) -> Kept:
        return self.worker()("0", self.clock() + seconds_left * 1000)

    def trade(self, quantity: str, price: str | int, at_ms: int = 0, **more: Any) -> Fill:
        """The leader's, seen when it is told: now."""
        self._trades += 1
        said: dict[str, Any] = {"price": Decimal(price), "trade_id": str(self._trades)}
        said |= {"traded_ms": at_ms or self.clock(), "seen_ms": self.clock()}
        fill = a_fill(quantity, **(said | more))
        [added] = self._fills.add(LEADER, self._holdings, [fill], self._lease)
        return added

    def back_fill(self, *fills: Fill, status: SyncStatus = SyncStatus.COMPLETED) -> None:
        since_ms = min(fill.traded_ms for fill in fills)
        name = f"{self.clock():013d}-{len(self.tables.sessions)}"
        tally = self._past.add(LEADER, name, fills)
        session = a_session(session_id=name, since_ms=since_ms, status=status)
        self._sessions.begin(replace(session, trades_synced=tally.synced))

    def correct(self, fill: Fill, verb: Verb, **changes: str) -> None:
        said = Correction("leader", fill.fill_id, 1, verb, "ann", self.clock(), "why", changes)
        assert self.corrections.append(said)

    def follow(self, number: int = 1, **more: Any) -> None:
        self.follows.save(a_follow(number, **more))

    def copy(self, quantity: str, price: str | int, number: int = 1, **more: Any) -> CopyOrder:
        """A follower's, at its end now."""
        self._trades += 1
        said: dict[str, Any] = {
            "follow_id": f"follow-{number}",
            "fill_id": f"{self.clock():013d}-{PERPETUAL}-{self._trades}",
            "traded_ms": self.clock() - 100,
            "state": State.COPIED,
            "attempts": 1,
            "average_price": Decimal(price),
            "filled_quantity": abs(Decimal(quantity)),
            "history": (Event(self.clock(), State.COPIED, ""),),
        }
        order = an_order(quantity, **(said | more))
        self.tables.orders[order.follow_id, order.order_key] = order
        return order

    def fund(
        self, amount: str | int, at_ms: int = 0, account_id: str = "leader", **more: Any
    ) -> Reading:
        """What an account was paid for holding, read just now; all since the epoch is."""
        before = self.payments.read.get(account_id, Reading(account_id))
        said: dict[str, Any] = {"currency": "USDT", "key": f"{at_ms or self.clock()}"}
        paid = Payment(
            kind=Kind.FUNDING,
            at_ms=at_ms or self.clock(),
            symbol=PERPETUAL,
            amount=Decimal(amount),
            **(said | more),
        )
        return self.read_payments([paid], before)

    def read_payments(self, payments: list[Payment], before: Reading) -> Reading:
        now_ms = self.clock()
        read = replace(before, since_ms=EPOCH_MS, through_ms=now_ms, asked_ms=now_ms, held=True)
        after = self.payments.add(read, payments)
        assert after is not None
        return after

    def quote(self, price: str | int) -> None:
        quote = Quote("model", PERPETUAL, Decimal(price), self.clock())
        self.quotes.known["model", PERPETUAL] = quote

    def wallet(self, dollars: str | int) -> None:
        coins = {"USDT": Decimal(dollars)}
        self.wallets.save(Wallet("leader", "model", self.clock(), coins))

    def pass_days(self, days: float = 1) -> None:
        self.clock.now_ms += int(days * DAY_MS)

    def days(self, place: str = "leader") -> dict[str, Day]:
        return self.records.days(place)


def at_once(scene: Scene) -> dict[str, Day]:
    """The leader's days as somebody counts them who begins now."""
    kept, scene.records = scene.records, MemoryTrackRecords()
    try:
        scene.keep()
        return scene.days()
    finally:
        scene.records = kept
