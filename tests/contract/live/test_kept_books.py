"""Books that are kept: the twin in memory and the table alike."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo import kept_books
from pilotfish.adapters.dynamo.kept_books import DynamoKeptBooks
from pilotfish.domain.books import Book, Holding
from pilotfish.domain.folding import Folded
from tests.unit.live.follow_tables import FollowTables
from tests.unit.live.twins import Time

D = Decimal
NAME = "fol-1/BTC/USDT:USDT#net"
HELD = Holding(
    NAME,
    "acc",
    "lead",
    "bybit",
    "BTC/USDT:USDT",
    D("0.5"),
    D("100.25"),
    D("-3.1"),
    1_763_726_400_000,
)
CLOSED = Holding("fol-1/ETH/USDT#net", "acc", "lead", "bybit", "ETH/USDT", realized=D(7))
FOLDED = Folded(
    "fol-1",
    "1763726400000-991#entry",
    1_763_726_400_500,
    Book({held.name: held for held in (HELD, CLOSED)}),
    {NAME: (D("0.5"), D("53.225")), CLOSED.name: (D(0), D(-7))},
)


@pytest.fixture(params=["memory", "dynamodb"])
def worker(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Makes another worker on the same books."""
    if request.param == "memory":
        twin = FollowTables()
        return lambda: twin
    client = request.getfixturevalue("dynamodb")
    return lambda: DynamoKeptBooks(client, "ChannelLogTable", Time())


def test_a_book_is_as_it_was_kept(worker: Callable[[], Any]) -> None:
    worker().save(FOLDED)
    assert worker().of(["fol-1", "fol-2"]) == {"fol-1": FOLDED}


def test_the_last_one_counts(worker: Callable[[], Any]) -> None:
    worker().save(FOLDED)
    later = Folded("fol-1", "1763726400001-992#entry", 5, Book(), {NAME: (D(0), D(0))})
    worker().save(later)
    assert worker().of(["fol-1"]) == {"fol-1": later}


def test_a_book_too_large_for_an_item_is_not_kept(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_books, "LARGEST", 100)
    books = DynamoKeptBooks(dynamodb, "ChannelLogTable", Time())
    books.save(FOLDED)
    assert books.of(["fol-1"]) == {}
