"""A follow's book is what all its orders make, and not all of them are read."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotfish.domain.books import Book, of_order
from pilotfish.domain.fills import Side
from pilotfish.domain.folding import settled
from pilotfish.domain.orders import CopyOrder, Event, Leg, Reason, State
from pilotfish.usecases import read_books
from pilotfish.usecases.read_books import TAIL, ReadBooks
from tests.unit.live.follow_tables import FollowTables
from tests.unit.live.orders import FILL, T0, order

D = Decimal


@pytest.fixture
def tables() -> FollowTables:
    return FollowTables()


@pytest.fixture
def books(tables: FollowTables) -> ReadBooks:
    return ReadBooks(own=tables, positions=tables, kept=tables)


def planned(number: int, sign: int = 1) -> CopyOrder:
    return order(
        fill_id=f"{T0 + number:013d}-BTC/USDT:USDT-{number}",
        leg=Leg.ENTRY,
        side=Side.BUY if sign > 0 else Side.SELL,
        history=(Event(T0 + number, State.PLANNED, ""),),
    )


def ended(
    before: CopyOrder,
    at_ms: int,
    filled: str = "1",
    price: str = "100",
    state: State = State.COPIED,
) -> CopyOrder:
    return replace(
        before,
        state=state,
        revision=before.revision + 2,
        filled_quantity=D(filled),
        average_price=D(price),
        history=(*before.history, Event(at_ms, state, "")),
    )


def reopened(before: CopyOrder, at_ms: int) -> CopyOrder:
    return replace(
        before,
        state=State.UNSENT,
        revision=before.revision + 1,
        history=(*before.history, Event(at_ms, State.UNSENT, "replayed")),
    )


def copy(tables: FollowTables, number: int, sign: int = 1, price: str = "100") -> CopyOrder:
    made = planned(number, sign)
    tables.write(made)
    done = ended(made, T0 + number + 1, price=price)
    tables.write(done)
    return done


def whole(tables: FollowTables) -> Book:
    """The fold of all that there is, in the order in which it happened."""
    book = Book()
    done = [each for o in tables.stored.values() if (each := of_order(o))]
    book.add(sorted(done, key=lambda each: each.at_ms))
    return book


def test_a_long_history_is_read_once(tables: FollowTables, books: ReadBooks) -> None:
    for number in range(500):
        copy(tables, number, 1 if number % 3 else -1, str(100 + number % 7))
    assert books.of_user("ada").holdings == whole(tables).holdings
    tables.orders_read = tables.reads = 0
    assert books.of_user("ada").holdings == whole(tables).holdings
    assert tables.orders_read == 0
    for number in range(500, 500 + TAIL):
        copy(tables, number)
    assert books.of_user("ada").holdings == whole(tables).holdings
    assert tables.orders_read == TAIL


def test_the_tail_that_is_read_again_stays_short(tables: FollowTables, books: ReadBooks) -> None:
    most = 0
    for number in range(300):
        copy(tables, number)
        tables.orders_read = 0
        books.of_user("ada")
        most = max(most, tables.orders_read)
    assert most <= TAIL + 1


def test_an_old_order_that_comes_back_to_life_counts(
    tables: FollowTables, books: ReadBooks
) -> None:
    lost = planned(0)
    tables.write(lost)
    lost = ended(lost, T0 + 1, filled="0", state=State.REJECTED)
    tables.write(lost)
    for number in range(1, 100):
        copy(tables, number)
    books.of_user("ada")
    lost = reopened(lost, T0 + 200)
    tables.write(lost)
    assert books.of_user("ada").holdings == whole(tables).holdings
    tables.write(ended(lost, T0 + 300, filled="7", price="50"))
    book = books.of_user("ada")
    assert book.holdings == whole(tables).holdings
    assert book.open[0].quantity == 106


def test_a_copy_that_was_decided_late_counts(tables: FollowTables, books: ReadBooks) -> None:
    for number in range(0, 200, 2):
        copy(tables, number)
    books.of_user("ada")
    late = planned(3)
    tables.write(late)
    tables.write(ended(late, T0 + 5_000, price="70"))
    assert books.of_user("ada").holdings == whole(tables).holdings


def test_what_was_closed_elsewhere_counts(tables: FollowTables, books: ReadBooks) -> None:
    for number in range(60):
        copy(tables, number)
    books.of_user("ada")
    record = replace(
        planned(20, -1),
        leg=Leg.EXIT,
        quantity=D(10),
        state=State.SKIPPED,
        reason=Reason.CLOSED_ELSEWHERE,
        history=(Event(T0 + 900, State.SKIPPED, ""),),
    )
    tables.write(record)
    book = books.of_user("ada")
    assert book.holdings == whole(tables).holdings
    assert book.open[0].quantity == 50


def test_two_that_undo_each_other_count(tables: FollowTables, books: ReadBooks) -> None:
    for number in range(40):
        copy(tables, number, price="90")
    books.of_user("ada")
    copy(tables, 50, 1, "100")
    copy(tables, 51, -1, "100")
    assert books.of_user("ada").holdings == whole(tables).holdings


def test_an_end_before_what_is_kept_is_put_where_it_belongs(
    tables: FollowTables, books: ReadBooks
) -> None:
    """Two workers' clocks differ: it was written later and happened before."""
    for number in range(40):
        copy(tables, number, 1 if number % 3 else -1, str(100 + number))
    books.of_user("ada")
    slow = planned(100)
    tables.write(slow)
    tables.write(ended(slow, T0 + 3, price="50"))
    assert books.of_user("ada").holdings == whole(tables).holdings


def test_an_order_that_ends_between_two_reads_is_not_half_there(
    tables: FollowTables, books: ReadBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sums are read before it comes to its end, its order after that."""
    for number in range(40):
        copy(tables, number)
    before, meanwhile = tables.of_follow, iter([41, 42])

    def read(follow_id: str) -> object:
        found = before(follow_id)
        if (number := next(meanwhile, None)) is not None:
            copy(tables, number)
        return found

    monkeypatch.setattr(tables, "of_follow", read)
    assert books.of_user("ada").holdings == whole(tables).holdings
    monkeypatch.undo()
    assert books.of_user("ada").holdings == whole(tables).holdings


def test_sums_that_never_agree_leave_the_orders_to_say_it(
    tables: FollowTables, books: ReadBooks
) -> None:
    for number in range(40):
        copy(tables, number)
    tables.sums["BTC/USDT:USDT#net"] = replace(tables.sums["BTC/USDT:USDT#net"], spent=D(1))
    assert books.of_user("ada").holdings == whole(tables).holdings
    tables.orders_read = 0
    assert books.of_user("ada").holdings == whole(tables).holdings
    assert tables.orders_read >= 40


def test_leaders_are_read_from_what_they_hold(tables: FollowTables, books: ReadBooks) -> None:
    tables.lead(replace(FILL, quantity=D(2)))
    (held,) = books.of_user("ada").open
    assert (held.account_id, held.quantity, held.entry_price) == (FILL.account_id, 2, FILL.price)
    assert books.of_user("bob").holdings == {}


def test_only_what_no_later_order_came_before_is_settled() -> None:
    first, second, third = (ended(planned(n), T0 + 10 * n) for n in (1, 2, 3))
    assert settled([first, second, third]) == [first, second, third]
    slow = ended(planned(2), T0 + 1_000)
    assert settled([first, slow, third]) == [first, slow, third]
    assert settled([first, slow, third, planned(4)]) == [first, slow, third]
    assert settled([first, planned(2), third]) == [first]
    last = planned(5)
    assert settled([first, slow, third, last, ended(planned(6), T0 + 500)]) == [first]


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["plan", "plan late", "end", "end", "end", "fail", "reopen", "gone", "read"]
        ),
        st.integers(0, 10_000),
        st.sampled_from(["0", "0.5", "1", "1", "3"]),
        st.sampled_from(["90", "100", "101.7", "133"]),
    ),
    min_size=10,
    max_size=120,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_happens_the_book_is_the_fold_of_all_orders(
    steps: list[tuple[str, int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_books, "TAIL", 2)
    tables = FollowTables()
    books = ReadBooks(own=tables, positions=tables, kept=tables)
    for now, (what, pick, filled, price) in enumerate(steps, start=1):
        # No two prices are one, so that no two orders undo each other.
        _step(
            tables, what, pick, now * 10, filled, f"{price}{'' if '.' in price else '.'}{now:03d}"
        )
        if what == "read":
            assert books.of_user("ada").holdings == whole(tables).holdings
    assert books.of_user("ada").holdings == whole(tables).holdings


def _step(tables: FollowTables, what: str, pick: int, now: int, filled: str, price: str) -> None:
    """One thing that may happen to a follow's orders at a time."""
    sign = 1 if pick % 2 else -1
    under_way = [o for o in tables.stored.values() if not o.state.terminal]
    failed = [o for o in tables.stored.values() if o.state is State.REJECTED]
    if what.startswith("plan"):
        made = planned(now if what == "plan" else pick % now, sign)
        if made.order_key not in tables.stored:
            tables.write(made)
    elif what == "end" and under_way:
        tables.write(ended(under_way[pick % len(under_way)], T0 + now, filled, price))
    elif what == "fail" and under_way:
        chosen = under_way[pick % len(under_way)]
        tables.write(ended(chosen, T0 + now, "0", "0", State.REJECTED))
    elif what == "reopen" and failed:
        tables.write(reopened(failed[pick % len(failed)], T0 + now))
    elif what == "gone":
        history = (Event(T0 + now, State.SKIPPED, ""),)
        record = replace(planned(pick % now, -1), leg=Leg.EXIT, quantity=D("0.5"))
        record = replace(
            record, state=State.SKIPPED, reason=Reason.CLOSED_ELSEWHERE, history=history
        )
        if record.order_key not in tables.stored:
            tables.write(record)
