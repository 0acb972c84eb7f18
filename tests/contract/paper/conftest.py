"""A paper account on either books: in memory, and on DynamoDB (moto)."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.adapters.paper.account import PaperAccount
from pilotfish.adapters.paper.markets import RecentMarkets
from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.paper.wallet import PaperWallet, opened
from pilotfish.domain.venues import OrderRequest
from pilotfish.ports import PaperBooks, Venue
from tests.fakes import ManualClock
from tests.fakes.dynamo import OneAtATime, create_tables
from tests.fakes.paper import MemoryPaperBooks, ModelMarkets

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
run = itertools.count()

PERPETUAL, SPOT = "BTC/USDT:USDT", "BTC/USDT"


@dataclass
class Desk:
    """A paper account with 10,000 USDT and no slippage, and workers that serve it."""

    clock: ManualClock
    books: PaperBooks
    markets: ModelMarkets
    account_id: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def worker(self, books: Any = None) -> Venue:
        """Another process with the account open."""
        account = Account(self.account_id, "user-1", "paper:okx")
        recent = RecentMarkets(self.markets, self.clock)
        return PaperAccount(account, books or self.books, recent, self.clock)

    def request(self, side: str, quantity: str, symbol: str = PERPETUAL, **more: Any) -> Any:
        named: dict[str, Any] = {
            "client_order_id": f"pf{next(self.numbers)}",
            "symbol": symbol,
            "side": Side(side),
            "position_side": PositionSide.NET,
            "quantity": Decimal(quantity),
            "reduce_only": False,
            "claimed_ms": self.clock(),
        }
        return OrderRequest(**(named | more))

    @property
    def wallet(self) -> PaperWallet:
        found = self.books.load(self.account_id)
        assert found is not None
        return found

    def trades(self) -> list[Any]:
        return self.books.trades(self.account_id, 0, 9_999_999_999_999, 1000)[0]


@pytest.fixture(scope="module", params=["memory", "dynamo"])
def books(request: pytest.FixtureRequest) -> Iterator[PaperBooks]:
    if request.param == "memory":
        yield MemoryPaperBooks()
        return
    with mock_aws():
        client: Any = OneAtATime(boto3.client("dynamodb", region_name="us-east-1"))
        yield DynamoPaperBooks(client, create_tables(client, TEMPLATE, "p-")["PaperTable"])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def desk(books: PaperBooks, clock: ManualClock) -> Desk:
    account_id = f"pam-{next(run)}"
    wallet = opened(account_id, "okx", Decimal(10_000), clock(), slippage=Decimal(0))
    assert books.open(wallet)
    return Desk(clock, books, ModelMarkets(clock, {PERPETUAL: "100", SPOT: "100"}), account_id)


Between = Callable[[], None]


class Through:
    """Books through which a test looks at, holds up or breaks the writes of one worker."""

    def __init__(
        self,
        books: PaperBooks,
        before: Between = lambda: None,
        after: Between = lambda: None,
        before_load: Between = lambda: None,
    ) -> None:
        self._books = books
        self._before_load = before_load
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._books, name)

    def load(self, account_id: str) -> PaperWallet | None:
        self._before_load()
        return self._books.load(account_id)

    def advance(self, *args: Any) -> bool:
        self._before()
        written = self._books.advance(*args)
        self._after()
        return written
