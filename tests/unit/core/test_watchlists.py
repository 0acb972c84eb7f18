"""A user's watchlists, and what they may hold."""

from itertools import count

import pytest

from pilotfish.domain.watchlists import MOST_LISTS, MOST_MARKETS, BadWatchlist
from pilotfish.usecases.watch_markets import (
    ChangedMeanwhile,
    NoSuchWatchlist,
    TooManyWatchlists,
    WatchMarkets,
)
from tests.fakes import EPOCH_MS, ManualClock
from tests.fakes.watching import MemoryWatchlists


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def lists(clock: ManualClock) -> WatchMarkets:
    numbers = count(1)
    return WatchMarkets(
        watchlists=MemoryWatchlists(), clock=clock, new_id=lambda: str(next(numbers))
    )


def test_a_list_is_made_changed_and_deleted(lists: WatchMarkets, clock: ManualClock) -> None:
    made = lists.create("ann", "  My \n majors ", ["BTC/USDT", "ETHUSDT@okx", "BTC/USDT"])
    assert (made.name, made.markets) == ("My majors", ("BTC/USDT", "ETHUSDT@okx"))
    assert (made.created_ms, made.revision) == (EPOCH_MS, 1)
    clock.advance(1)
    renamed = lists.change("ann", made.watchlist_id, 1, name="Majors")
    assert (renamed.name, renamed.markets, renamed.revision) == ("Majors", made.markets, 2)
    emptied = lists.change("ann", made.watchlist_id, 2, markets=[])
    assert (emptied.name, emptied.markets, emptied.changed_ms) == ("Majors", (), EPOCH_MS + 1000)
    assert list(lists.all("ann")) == [emptied]
    lists.delete("ann", made.watchlist_id)
    assert list(lists.all("ann")) == []


def test_another_s_list_is_not_there(lists: WatchMarkets) -> None:
    made = lists.create("ann", "Mine", [])
    with pytest.raises(NoSuchWatchlist):
        lists.get("bob", made.watchlist_id)
    with pytest.raises(NoSuchWatchlist):
        lists.change("bob", made.watchlist_id, 1, name="Ours")
    with pytest.raises(NoSuchWatchlist):
        lists.delete("bob", made.watchlist_id)
    assert lists.get("ann", made.watchlist_id) == made
    assert list(lists.all("bob")) == []


def test_two_people_do_not_overwrite_each_other(lists: WatchMarkets) -> None:
    made = lists.create("ann", "Mine", [])
    lists.change("ann", made.watchlist_id, 1, name="First")
    with pytest.raises(ChangedMeanwhile):
        lists.change("ann", made.watchlist_id, 1, name="Second")
    assert lists.get("ann", made.watchlist_id).name == "First"


def test_so_many_lists_and_no_more(lists: WatchMarkets) -> None:
    for n in range(MOST_LISTS):
        lists.create("ann", f"{n}", [])
    with pytest.raises(TooManyWatchlists):
        lists.create("ann", "one more", [])
    lists.create("bob", "first", [])
    lists.delete("ann", lists.all("ann")[0].watchlist_id)
    lists.create("ann", "one more", [])


@pytest.mark.parametrize(
    ("name", "markets", "field"),
    [
        ("", [], "name"),
        (" \n", [], "name"),
        ("x" * 61, [], "name"),
        ("a\x00b", [], "name"),
        ("ok", [""], "markets"),
        ("ok", ["BTC USDT"], "markets"),
        ("ok", ["BTC/USDT@"], "markets"),
        ("ok", ["BTC/USDT@OKX"], "markets"),
        ("ok", ["BTC/USDT@okx@okx"], "markets"),
        ("ok", ["é/USDT"], "markets"),
        ("ok", [f"C{n}/USDT" for n in range(MOST_MARKETS + 1)], "markets"),
    ],
)
def test_what_a_list_cannot_be(
    lists: WatchMarkets, name: str, markets: list[str], field: str
) -> None:
    with pytest.raises(BadWatchlist) as raised:
        lists.create("ann", name, markets)
    assert raised.value.field == field
    assert list(lists.all("ann")) == []
