"""A book in memory is what the tables say, whatever the logs have told meanwhile."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.fills import Fill
from pilotfish.domain.logs import Entry
from pilotfish.domain.messages import encode
from pilotfish.domain.news import of_copy, of_fill
from pilotfish.domain.orders import CopyOrder, Event, State
from pilotfish.usecases import live_books
from pilotfish.usecases.live_books import LiveBooks
from pilotfish.usecases.read_books import ReadBooks
from tests.unit.live.follow_tables import FollowTables
from tests.unit.live.orders import FILL, T0, order
from tests.unit.live.twins import MemoryConnections, MemoryLog, Time


class Tables(FollowTables):
    """Every change is told on the user's log."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__()
        self.log = log

    def change(self, change: CopyOrder | Fill, *, told: bool = True) -> None:
        if isinstance(change, CopyOrder):
            if change.order_key not in self.stored:
                self.write(replace(change, state=State.PLANNED, revision=0))
            self.write(change)
            (news, *_), topic = of_copy(change), "copies|ada"
        else:
            if not change.history:
                self.lead(change)
            (news,), topic = of_fill(change, "ada"), "trades|ada"
        if told:
            channel = topic.partition("|")[0]
            entry = Entry(news.name, 0, lambda seq: encode(news.message(channel, seq)))
            self.log.append({topic: [entry]})


def copied(number: int, quantity: str) -> CopyOrder:
    return order(
        fill_id=f"{T0 + number:013d}-BTC/USDT:USDT-{number}",
        state=State.COPIED,
        attempts=1,
        revision=2,
        filled_quantity=Decimal(quantity),
        average_price=Decimal(100 + number),
        history=(Event(T0 + number, State.COPIED, ""),),
    )


@pytest.fixture
def tables() -> Tables:
    return Tables(MemoryLog(Time()))


@pytest.fixture
def read(tables: Tables) -> ReadBooks:
    return ReadBooks(own=tables, positions=tables, kept=tables)


@pytest.fixture
def books(tables: Tables, read: ReadBooks) -> LiveBooks:
    clock = Time()
    kept = MemoryConnections(clock)
    return LiveBooks(own=tables, books=read, kept=kept, log=tables.log, clock=clock)


def test_what_happens_is_in_the_book_with_few_reads(
    tables: Tables, books: LiveBooks, read: ReadBooks
) -> None:
    tables.change(copied(1, "0.5"))
    assert books.refresh(["ada"])["ada"] == read.of_user("ada")
    tables.reads = 0
    books.refresh(["ada"])
    assert tables.reads == 0
    tables.change(copied(2, "0.25"))
    tables.change(FILL)
    book = books.refresh(["ada"])["ada"]
    assert tables.reads == 2
    assert book == read.of_user("ada")
    assert len(book.open) == 2


def test_an_order_on_its_way_changes_nothing_until_its_end(
    tables: Tables, books: LiveBooks
) -> None:
    books.refresh(["ada"])
    tables.reads = 0
    tables.change(replace(copied(1, "0.5"), state=State.SENT, revision=1))
    assert books.refresh(["ada"])["ada"].open == []
    assert tables.reads == 0
    tables.change(copied(1, "0.5"))
    assert [held.quantity for held in books.refresh(["ada"])["ada"].open] == [Decimal("0.5")]


def test_an_order_that_came_back_to_life_counts_as_it_ended_at_last(
    tables: Tables, books: LiveBooks
) -> None:
    tables.change(replace(copied(1, "0.1"), state=State.REJECTED))
    books.refresh(["ada"])
    tables.change(replace(copied(1, "0.1"), state=State.UNSENT, revision=3))
    assert books.refresh(["ada"])["ada"].open == []
    tables.change(replace(copied(1, "0.5"), revision=5))
    assert [held.quantity for held in books.refresh(["ada"])["ada"].open] == [Decimal("0.5")]


def test_more_than_the_log_tells_is_read_anew(
    tables: Tables, books: LiveBooks, read: ReadBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_books, "MISSED", 2)
    books.refresh(["ada"])
    for number in range(5):
        tables.change(copied(number, "0.1"), told=number != 1)
    assert books.refresh(["ada"])["ada"] == read.of_user("ada")


def test_a_past_trade_moves_no_position(tables: Tables, books: LiveBooks) -> None:
    tables.change(replace(FILL, history=True))
    assert books.refresh(["ada"])["ada"].open == []


def test_the_books_of_those_who_left_are_forgotten(tables: Tables, books: LiveBooks) -> None:
    assert set(books.refresh(["ada", "bob"])) == {"ada", "bob"}
    assert set(books.refresh(["bob"])) == {"bob"}
    tables.reads = 0
    books.refresh(["ada"])
    assert tables.reads == 2
