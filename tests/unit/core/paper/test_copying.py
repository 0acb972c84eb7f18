"""Copies on paper go the way of real ones: mapper, executor, saga, reconciliation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.adapters.paper.account import PaperAccount
from pilotfish.adapters.paper.desk import PaperDesk
from pilotfish.adapters.paper.markets import RecentMarkets
from pilotfish.adapters.paper.venues import VenuesWithPaper
from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotSent, OutcomeUnknown
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.paper.wallet import PaperWallet, opened
from pilotfish.domain.rules import OnDrift, Rules
from pilotfish.ports import Venue
from tests.fakes.paper import MemoryPaperBooks, ModelMarkets
from tests.fakes.samples import PERPETUAL, SPOT, a_follow, an_account
from tests.fakes.scene import Scene

D = Decimal
KEY = f"{PERPETUAL}#net"


class Killed(BaseException):
    """The worker is gone in the middle of it."""


@dataclass
class Faulty:
    """Books in which the next writes go as a test says: an error before or after the write."""

    books: MemoryPaperBooks
    script: list[Exception | BaseException | None] = field(default_factory=list)
    landed: bool = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)

    def advance(self, *args: Any) -> bool:
        fault = self.script.pop(0) if self.script else None
        written = (fault is None or self.landed) and self.books.advance(*args)
        if fault is not None:
            raise fault
        return written


class Paper:
    """A follower on paper in a scene of its own."""

    def __init__(self, scene: Scene, number: int = 1, **rules: Any) -> None:
        self.scene = scene
        follow = a_follow(number, venue="paper:model", rules=Rules(**rules))
        self.account = Account(follow.account_id, "user", "paper:model")
        scene.follows.save(follow)
        scene.accounts.save(self.account)
        self.follow_id = follow.follow_id
        self.books = MemoryPaperBooks()
        self.faulty = Faulty(self.books)
        self.markets = ModelMarkets(scene.clock, {PERPETUAL: "100", SPOT: "100"})
        wallet = opened(follow.account_id, "model", D(10_000), scene.clock(), slippage=D(0))
        self.books.open(wallet)
        scene.venues.of[follow.account_id] = self.worker()  # type: ignore[assignment]

    def worker(self) -> Venue:
        """As another process would open it."""
        recent = RecentMarkets(self.markets, self.scene.clock)
        return PaperAccount(self.account, self.faulty, recent, self.scene.clock)  # type: ignore[arg-type]

    @property
    def wallet(self) -> PaperWallet:
        return self.books.wallets[self.account.account_id]

    @property
    def held(self) -> Decimal:
        position = self.wallet.positions.get(KEY)
        return D(0) if position is None else position.quantity

    @property
    def copied(self) -> Decimal:
        return self.scene.tables.booked[self.follow_id, KEY].copied

    @property
    def trades(self) -> list[str]:
        return [fill.client_order_id for fill in self.books.fills[self.account.account_id]]


@pytest.fixture
def paper(scene: Scene) -> Paper:
    return Paper(scene)


async def test_paper_and_real_followers_are_decided_and_filled_alike(scene: Scene) -> None:
    real, paper = scene.follower(1, multiplier=D("0.5")), Paper(scene, 2, multiplier=D("0.5"))
    for quantity in ("1", "2.5", "-0.7", "-2.8", "-1", "1"):
        await scene.copy(quantity)
    orders = scene.stored_orders()
    theirs, ours = ([o for o in orders if o.paper is on_paper] for on_paper in (False, True))
    assert {order.state for order in orders} == {State.COPIED}
    assert [(o.side, o.leg, o.quantity, o.filled_quantity) for o in ours] == [
        (o.side, o.leg, o.quantity, o.filled_quantity) for o in theirs
    ]
    assert paper.held == real.holding(PERPETUAL) == paper.copied


@pytest.mark.parametrize("landed", [True, False])
async def test_a_write_of_which_nobody_heard_is_looked_up(paper: Paper, landed: bool) -> None:
    scene = paper.scene
    paper.faulty.script, paper.faulty.landed = [OutcomeUnknown("timed out")], landed
    [order] = await scene.copy("1")
    assert order.state is State.UNKNOWN
    scene.clock.advance(8)
    await scene.turn(order)
    await scene.turn(order)
    assert scene.stored(order).state is State.COPIED
    assert paper.trades == [order.client_order_id]
    assert paper.held == paper.copied == 1


async def test_a_table_that_throttles_is_tried_again(paper: Paper) -> None:
    scene = paper.scene
    paper.faulty.script, paper.faulty.landed = [NotSent("ThrottlingException")], False
    [order] = await scene.copy("1")
    assert order.state is State.UNSENT
    await scene.turn(order)
    assert scene.stored(order).state is State.COPIED
    assert paper.trades == [order.client_order_id]


async def test_a_worker_killed_between_the_fill_and_its_record(paper: Paper) -> None:
    scene = paper.scene
    paper.faulty.script = [Killed()]
    [order] = scene.decide("1")
    with pytest.raises(Killed):
        await scene.execute(order)
    assert scene.stored(order).state is State.SENT
    await scene.turn(order)
    assert scene.stored(order).state is State.COPIED
    assert paper.trades == [order.client_order_id]
    assert paper.held == paper.copied == 1


async def test_a_venue_that_tells_no_price_is_waited_for(paper: Paper) -> None:
    scene = paper.scene
    paper.markets.trouble = OutcomeUnknown("502")
    [order] = await scene.copy("1")
    assert order.state is State.UNSENT
    paper.markets.trouble = None
    await scene.turn(order)
    assert scene.stored(order).state is State.COPIED


async def test_an_entry_is_late_on_paper_too(paper: Paper) -> None:
    scene = paper.scene
    paper.markets.trouble = NotSent("down")
    [order] = await scene.copy("1")
    scene.clock.advance(121)
    await scene.turn(order)
    assert scene.stored(order).state is State.EXPIRED
    assert paper.trades == []


@pytest.mark.parametrize(("on_drift", "left"), [(OnDrift.REPORT, D(90)), (OnDrift.ACCEPT, D(0))])
async def test_a_liquidation_is_a_drift_that_reconciliation_finds(
    scene: Scene, on_drift: OnDrift, left: Decimal, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Paper(scene, multiplier=D(90), on_drift=on_drift)
    [entry] = await scene.copy("1")
    assert entry.state is State.COPIED
    scene.clock.advance(31)
    paper.markets.prices[PERPETUAL] = "1"
    paper.books.wallets[paper.account.account_id] = poorer(paper.wallet)

    async def at_once(seconds: float) -> None:
        scene.clock.advance(seconds)

    monkeypatch.setattr("pilotfish.usecases.reconcile.asyncio.sleep", at_once)
    found = await scene.reconcile("0")
    [drift] = found.drifts
    assert (drift.missing, drift.paper) == (90, True)
    assert paper.copied == left
    [gone] = [o for o in await scene.copy("-1") if o.account_id == paper.account.account_id]
    assert gone.state in {State.REJECTED, State.SKIPPED}
    assert paper.held == 0


def poorer(wallet: PaperWallet) -> PaperWallet:
    return replace(wallet, cash={"USDT": D(100)})


FAULTS: list[Callable[[], Exception | None]] = [
    lambda: None,
    lambda: OutcomeUnknown("timed out"),
    lambda: NotSent("ThrottlingException"),
]


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(-3, 3).filter(bool),
            st.lists(st.sampled_from(range(3)), max_size=3),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
async def test_whatever_fails_the_books_and_the_wallet_agree_once_quiet(
    steps: list[tuple[int, list[int], bool]],
) -> None:
    scene = Scene()
    paper = Paper(scene)
    for quantity, faults, landed in steps:
        paper.faulty.script = [FAULTS[number]() for number in faults]
        # What was refused was not written; what timed out may have been.
        paper.faulty.landed = landed and 2 not in faults
        orders = await scene.copy(str(quantity))
        await settled(scene, orders)
    assert {order.state for order in scene.stored_orders()} <= {State.COPIED, State.SKIPPED}
    assert len(set(paper.trades)) == len(paper.trades)
    assert paper.held == paper.copied


async def settled(scene: Scene, orders: list[CopyOrder]) -> None:
    for _ in range(12):
        for order in orders:
            if not scene.stored(order).state.terminal:
                scene.clock.advance(8)
                await scene.turn(order)


async def test_a_paper_account_never_reaches_the_real_venues(scene: Scene) -> None:
    paper = Paper(scene)
    made: list[int] = []

    def open_desk() -> PaperDesk:
        made.append(1)
        return PaperDesk(paper.books, paper.markets, scene.clock)

    venues = VenuesWithPaper(scene.venues, open_desk)
    real = scene.follower(2)
    assert await venues.account(an_account("follower-2")) is real
    assert made == []
    del scene.venues.of[paper.account.account_id]
    account = await venues.account(paper.account)
    assert await venues.account(paper.account) is account
    assert made == [1]
    assert paper.markets.opened == ["model", "model"]  # before anything is claimed
