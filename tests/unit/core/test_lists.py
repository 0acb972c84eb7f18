"""Lists show an owner what is the owner's, page by page, and a cursor gets nobody any further."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import Side
from pilotfish.domain.filters import CopyFilter, Filter, Order, TradeFilter
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.places import BadCursor, Place, cursor
from pilotfish.domain.sorting import Sorting, TooMany
from pilotfish.usecases.lists import LOOKS, MOST, Lists, NotTheirs
from pilotfish.usecases.sorted_lists import COPIES_BY, SORTED
from tests.fakes import EPOCH_MS, Tables
from tests.fakes.listed import MemoryOwners, MemoryRecords
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, an_account, an_order


@pytest.fixture
def tables() -> Tables:
    tables = Tables()
    for account_id, owner in [("ann-1", "ann"), ("ann-2", "ann"), ("bob-1", "bob")]:
        tables.accounts[account_id] = an_account(account_id, owner=owner)
    return tables


@pytest.fixture
def lists(tables: Tables) -> Lists:
    return Lists(records=MemoryRecords(tables), owners=MemoryOwners(tables))


def copied(tables: Tables, n: int, **more: Any) -> CopyOrder:
    at_ms = EPOCH_MS + n
    fill_id = f"{at_ms:013d}-{PERPETUAL}-{n}"
    fields: dict[str, Any] = {"owner": "ann", "account_id": "ann-1", "state": State.COPIED}
    order = an_order(fill_id=fill_id, traded_ms=at_ms, **fields | more)
    tables.orders[order.follow_id, order.order_key] = order
    return order


def traded(tables: Tables, n: int, **more: Any) -> None:
    fields: dict[str, Any] = {"account_id": "ann-1", "trade_id": f"t{n}"}
    fill = a_fill(traded_ms=EPOCH_MS + n, **fields | more)
    tables.fills[fill.account_id, fill.fill_id] = fill


def pages(lists: Lists, asked: CopyFilter, limit: int) -> list[list[CopyOrder]]:
    found, after = [], ""
    while True:
        page = lists.copies("ann", asked, after, limit)
        found.append(list(page.items))
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("limit", [1, 2, 7, 10, 11])
def test_pages_hold_each_copy_once(tables: Tables, lists: Lists, limit: int) -> None:
    copies = [copied(tables, n) for n in range(10)]
    found = pages(lists, CopyFilter(), limit)
    assert [order for page in found for order in page] == copies[::-1]
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert found[-1] or limit == 0


def test_a_filter_that_few_pass_takes_more_pages_not_more_reads(
    tables: Tables, lists: Lists
) -> None:
    wanted = copied(tables, 0, state=State.REJECTED)
    for n in range(1, LOOKS + 50):
        copied(tables, n)
    failed = CopyFilter(states=frozenset({State.REJECTED}))
    assert pages(lists, failed, 10) == [[], [wanted]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"symbol": SPOT}, [1]),
        ({"side": Side.SELL}, [2]),
        ({"account_id": "ann-2"}, [3]),
        ({"leader_id": "lee"}, [4]),
        ({"follow_id": "follow-9"}, [5]),
        ({"states": frozenset({State.SKIPPED, State.REJECTED})}, [6, 7, 8]),
        ({"reason": "halted"}, [6]),
        ({"reason": "leverage_refused"}, [8]),
        ({"reason": "leverage_refused: at most 50"}, [8]),
        ({"search": "VENUE-7"}, [7]),
        ({"search": "btc/usdt", "side": Side.SELL}, [2]),
        ({"since_ms": EPOCH_MS + 6}, [6, 7, 8]),
        ({"since_ms": EPOCH_MS + 2, "until_ms": EPOCH_MS + 3}, [2, 3]),
        ({"symbol": "DOGE/USDT"}, []),
    ],
)
def test_filters_of_copies(
    tables: Tables, lists: Lists, asked: dict[str, Any], found: list[int]
) -> None:
    different: dict[int, dict[str, Any]] = {
        0: {},
        1: {"symbol": SPOT},
        2: {"side": Side.SELL},
        3: {"account_id": "ann-2"},
        4: {"leader_id": "lee"},
        5: {"follow_id": "follow-9"},
        6: {"state": State.SKIPPED, "reason": "halted"},
        7: {"state": State.REJECTED, "reason": "no funds", "venue_order_id": "venue-7"},
        8: {"state": State.SKIPPED, "reason": "leverage_refused: at most 50"},
    }
    for n, more in different.items():
        copied(tables, n, **more)
    page = lists.copies("ann", CopyFilter(order=Order.OLDEST_FIRST, **asked))
    assert [order.traded_ms - EPOCH_MS for order in page.items] == found
    assert page.next is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [0, 1, 2, 3]),
        ({"symbol": SPOT}, [1]),
        ({"side": Side.SELL}, [2]),
        ({"account_id": "ann-2"}, [3]),
        ({"search": "T2"}, [2]),
    ],
)
def test_filters_of_trades(
    tables: Tables, lists: Lists, asked: dict[str, Any], found: list[int]
) -> None:
    different: list[dict[str, Any]] = [
        {},
        {"symbol": SPOT},
        {"side": Side.SELL},
        {"account_id": "ann-2"},
        {"account_id": "bob-1"},
    ]
    for n, more in enumerate(different):
        traded(tables, n, **more)
    page = lists.trades("ann", TradeFilter(order=Order.OLDEST_FIRST, **asked))
    assert [fill.traded_ms - EPOCH_MS for fill in page.items] == found


@pytest.mark.parametrize("account_id", ["bob-1", "nobody's"])
def test_another_s_account_is_not_there(tables: Tables, lists: Lists, account_id: str) -> None:
    traded(tables, 0, account_id="bob-1")
    copied(tables, 0, owner="bob", account_id="bob-1")
    with pytest.raises(NotTheirs):
        lists.trades("ann", TradeFilter(account_id=account_id))
    with pytest.raises(NotTheirs):
        lists.copies("ann", CopyFilter(account_id=account_id))


def test_another_s_follow_is_an_empty_list_without_a_cursor(tables: Tables, lists: Lists) -> None:
    for n in range(LOOKS + 500):
        copied(tables, n, owner="bob", follow_id="bob's")
    page = lists.copies("ann", CopyFilter(follow_id="bob's"), limit=1)
    assert (list(page.items), page.next) == ([], None)


def test_a_cursor_is_of_one_question(tables: Tables, lists: Lists) -> None:
    for n in range(3):
        copied(tables, n)
        traded(tables, n)
    after = lists.copies("ann", CopyFilter(), limit=1).next
    assert after
    for other in (CopyFilter(symbol=PERPETUAL), CopyFilter(order=Order.OLDEST_FIRST)):
        with pytest.raises(BadCursor, match="of another list"):
            lists.copies("ann", other, after)
    with pytest.raises(BadCursor, match="of another list"):
        lists.trades("ann", TradeFilter(), after)


def test_states_have_no_order_in_a_cursor() -> None:
    states = [*State]
    one, other = CopyFilter(states=frozenset(states)), CopyFilter(states=frozenset(states[::-1]))
    assert cursor(one.question, Place("a", "b")) == cursor(other.question, Place("a", "b"))


def test_a_forged_cursor_stays_within_one_s_own(tables: Tables, lists: Lists) -> None:
    mine = copied(tables, 1)
    theirs = copied(tables, 5, owner="bob", follow_id="bob's")
    for asked in (CopyFilter(), CopyFilter(order=Order.OLDEST_FIRST)):
        forged = cursor(asked.question, Place(theirs.follow_id, theirs.order_key))
        found = lists.copies("ann", asked, forged).items
        assert theirs not in found
        assert {order.order_id for order in found} <= {mine.order_id}


def packed(*document: Any) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "é",
        "=" * 9,
        "A" * 2_000,
        "[" * 900,
        packed(),
        packed(2, "0" * 16, "a", "b"),
        packed(1, "0" * 16, "", ""),
        packed(1, None, 1, 2),
        packed(1, "0" * 16, "\ud800", "b"),
        packed(1, "0" * 16, "a", "\x00"),
        urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_what_is_no_cursor_is_refused(lists: Lists, text: str) -> None:
    with pytest.raises(BadCursor):
        lists.copies("ann", CopyFilter(), text)


def test_a_page_has_a_most(tables: Tables, lists: Lists) -> None:
    for n in range(MOST + 1):
        copied(tables, n)
    page = lists.copies("ann", CopyFilter(), limit=10**6)
    assert len(page.items) == MOST
    assert page.next


def test_all_of_them_for_an_export(tables: Tables, lists: Lists) -> None:
    copies = [copied(tables, n) for n in range(MOST * 2 + 1)]
    for n in range(3):
        traded(tables, n)
    assert list(lists.every_copy("ann", CopyFilter(order=Order.OLDEST_FIRST))) == copies
    assert len(list(lists.every_trade("ann", TradeFilter()))) == 3


def some_trades(tables: Tables, count: int) -> None:
    for n in range(count):
        traded(tables, n, price=Decimal(100 + n % 7), account_id=f"ann-{1 + n % 2}")


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 200])
def test_sorted_pages_hold_each_trade_once(
    tables: Tables, lists: Lists, limit: int, descending: bool
) -> None:
    some_trades(tables, 50)
    asked, found, after = TradeFilter(until_ms=EPOCH_MS + 39), [], ""
    while after is not None:
        page = lists.trades("ann", asked, after, limit, Sorting("notional", descending))
        found += page.items
        after = page.next
    assert len({(fill.account_id, fill.fill_id) for fill in found}) == len(found) == 40
    notionals = [fill.notional for fill in found]
    assert notionals == sorted(notionals, reverse=descending)


def test_only_what_passes_the_filter_is_sorted(tables: Tables, lists: Lists) -> None:
    copied(tables, 1, quantity="1")
    large = copied(tables, 2, quantity="5")
    copied(tables, 3, quantity="9", state=State.REJECTED)
    asked = CopyFilter(states=frozenset({State.COPIED}))
    page = lists.copies("ann", asked, limit=1, sorting=Sorting("quantity"))
    assert (list(page.items), page.next is None) == ([large], False)


def test_more_than_can_be_sorted_is_refused_until_the_period_is_shorter(
    tables: Tables, lists: Lists
) -> None:
    some_trades(tables, SORTED + 1)
    by = Sorting("notional")
    with pytest.raises(TooMany, match=r"more than 1,000 .* since_ms and until_ms"):
        lists.trades("ann", TradeFilter(symbol="none"), sorting=by)
    shorter = TradeFilter(since_ms=EPOCH_MS + 1)
    assert len(lists.trades("ann", shorter, limit=5, sorting=by).items) == 5
    assert len(lists.trades("ann", TradeFilter(), limit=5).items) == 5, "as traded all are listed"


@pytest.mark.parametrize("by", [*COPIES_BY])
def test_nothing_of_another_s_is_sorted(tables: Tables, lists: Lists, by: str) -> None:
    copied(tables, 1, owner="bob", account_id="bob-1")
    assert lists.copies("ann", CopyFilter(), sorting=Sorting(by)).items == []
    others = CopyFilter(follow_id=copied(tables, 2, owner="bob").follow_id)
    assert lists.copies("ann", others, sorting=Sorting(by)).items == []
    with pytest.raises(NotTheirs):
        lists.trades("ann", TradeFilter(account_id="bob-1"), sorting=Sorting("price"))


def test_a_sorted_list_s_cursor_is_of_no_other_list(tables: Tables, lists: Lists) -> None:
    some_trades(tables, 5)
    asked = TradeFilter()
    sorted_ = lists.trades("ann", asked, limit=2, sorting=Sorting("price")).next
    as_traded = lists.trades("ann", asked, limit=2).next
    assert sorted_ is not None
    assert as_traded is not None
    for after, by in (
        (sorted_, None),
        (as_traded, Sorting("price")),
        (sorted_, Sorting("notional")),
    ):
        with pytest.raises(BadCursor):
            lists.trades("ann", asked, after, 2, by)


def test_the_period_ends_with_the_keys() -> None:
    span = Filter(until_ms=10**15).span
    assert span == ("0000000000000", "9999999999999~")
    assert replace(Filter(), since_ms=5).span[0] == "0000000000005"
