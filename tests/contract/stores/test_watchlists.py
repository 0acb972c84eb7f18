"""Watchlists: one item each, by owner, changed from a known revision."""

from dataclasses import replace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.watchlists import DynamoWatchlists
from pilotfish.domain.watchlists import Watchlist
from pilotfish.usecases.watch_markets import Watchlists
from tests.fakes.watching import MemoryWatchlists

LIST = Watchlist("ann", "1-a", "Majors", ("BTC/USDT", "ETHUSDT@okx"), 5, 6)


@pytest.fixture(params=["memory", "dynamo"])
def watchlists(request: pytest.FixtureRequest) -> Watchlists:
    if request.param == "memory":
        return MemoryWatchlists()
    client: Any = request.getfixturevalue("dynamodb")
    return DynamoWatchlists(client, request.getfixturevalue("tables")["WatchlistsTable"])


def test_a_list_is_kept_as_it_is(watchlists: Watchlists) -> None:
    assert watchlists.put(LIST)
    assert watchlists.get("ann", "1-a") == LIST
    assert watchlists.get("bob", "1-a") is None
    assert watchlists.get("ann", "2") is None


def test_an_owner_s_lists_are_in_the_order_of_their_ids(watchlists: Watchlists) -> None:
    second, theirs = replace(LIST, watchlist_id="2-a"), replace(LIST, owner="bob")
    for each in (second, LIST, theirs):
        assert watchlists.put(each)
    assert list(watchlists.of("ann")) == [LIST, second]
    assert list(watchlists.of("eve")) == []


def test_a_change_follows_the_revision_that_was_read(watchlists: Watchlists) -> None:
    watchlists.put(LIST)
    one, other = LIST.changed("Mine", None, 7), LIST.changed("Theirs", (), 8)
    assert watchlists.put(one)
    assert not watchlists.put(other)
    assert not watchlists.put(LIST)
    assert watchlists.get("ann", "1-a") == one


def test_what_was_deleted_does_not_come_back_with_a_change(watchlists: Watchlists) -> None:
    watchlists.put(LIST)
    assert not watchlists.delete("bob", "1-a")
    assert watchlists.delete("ann", "1-a")
    assert not watchlists.delete("ann", "1-a")
    assert not watchlists.put(LIST.changed("Mine", None, 7))
    assert list(watchlists.of("ann")) == []
