"""Profiles by their owners, figures by a job, and lists of them in any order."""

from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest

from pilotfish.domain.leaders import SORTS, Leader, Profile, Visibility, Wanted
from pilotfish.domain.places import Place
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS

NOW_MS = EPOCH_MS + 500


def a_leader(name: str = "ada", **more: Any) -> Leader:
    profile = Profile(
        name,
        text="All of it, every day.",
        tags=("swing", "btc"),
        minimum_equity=Decimal("250.5"),
        fee=Decimal("0.1"),
    )
    profile = replace(profile, **{key: more.pop(key) for key in ("visibility",) if key in more})
    fields: dict[str, Any] = {"owner": "user-1", "venue": "model", "published_ms": EPOCH_MS}
    return Leader(name, profile=profile, **fields | more)


def saved(stores: Stores, name: str = "ada", **more: Any) -> Leader:
    figures = {key: Decimal(value) for key, value in more.pop("figures", {}).items()}
    leader = a_leader(name, **more)
    assert stores.leaders.save(leader)
    assert stores.leaders.save_figures(name, figures, NOW_MS)
    return replace(leader, version=1, figures=figures, computed_ms=NOW_MS)


def pages(stores: Stores, sort: str, limit: int) -> list[list[str]]:
    """All of an order, by leader."""
    found: list[list[str]] = []
    place: Place | None = None
    while True:
        page, place = stores.leaders.listed(Wanted(sort), place, limit)
        found.append([leader.leader_id for leader in page])
        if place is None:
            return found


def test_a_profile_comes_back(workers: Workers, stores: Stores) -> None:
    assert stores.leaders.get("ada") is None
    assert stores.leaders.save(a_leader())
    assert workers.another().leaders.get("ada") == a_leader(version=1)


def test_two_people_do_not_overwrite_each_other(stores: Stores) -> None:
    assert stores.leaders.save(a_leader())
    assert not stores.leaders.save(a_leader())
    first = stores.leaders.get("ada")
    assert stores.leaders.save(replace(first, published=False))
    assert not stores.leaders.save(first)
    assert stores.leaders.get("ada") == a_leader(version=2, published=False)


def test_figures_and_profile_are_written_side_by_side(stores: Stores) -> None:
    assert not stores.leaders.save_figures("ada", {"roi_30d": Decimal(1)}, NOW_MS)
    assert stores.leaders.get("ada") is None
    leader = saved(stores, figures={"roi_30d": "0.125", "trades": "12", "pnl_all": "-3.5"})
    assert stores.leaders.get("ada") == leader
    assert stores.leaders.save(replace(leader, figures={}, computed_ms=0))
    now = replace(leader, version=2)
    assert stores.leaders.get("ada") == now
    more = {"roi_30d": None, "trades": Decimal(0), "profit_factor": Decimal("Infinity")}
    assert stores.leaders.save_figures("ada", more, NOW_MS + 1)
    kept = {"trades": Decimal(0), "pnl_all": Decimal("-3.5")}
    assert stores.leaders.get("ada") == replace(now, figures=kept, computed_ms=NOW_MS + 1)


def test_earlier_figures_do_not_overwrite_later_ones(stores: Stores) -> None:
    leader = saved(stores, figures={"roi_30d": "0.125"})
    assert not stores.leaders.save_figures("ada", {"roi_30d": Decimal(1)}, NOW_MS - 1)
    assert stores.leaders.get("ada") == leader


def test_a_figure_of_many_digits_and_one_that_is_none(stores: Stores) -> None:
    saved(stores)
    assert stores.leaders.save_figures("ada", {"roi_all": Decimal(1) / 3}, NOW_MS)
    assert abs(stores.leaders.get("ada").figures["roi_all"] - Decimal(1) / 3) < Decimal("1e-19")
    with pytest.raises(KeyError, match="there is no figure luck"):
        stores.leaders.save_figures("ada", {"luck": Decimal(1)}, NOW_MS)


def test_several_at_once(stores: Stores) -> None:
    ada, ben = saved(stores, "ada"), saved(stores, "ben")
    assert stores.leaders.of(["ben", "nobody", "ada", "ben"]) == [ada, ben]
    assert stores.leaders.of([]) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_each_order_in_pages(stores: Stores, limit: int) -> None:
    """By figure, the best first; who lacks it is not there."""
    for name, roi, drawdown in (
        ("ada", "0.5", "0.3"),
        ("ben", "-0.1", "0.05"),
        ("cho", "0.5", "1"),
    ):
        saved(stores, name, figures={"roi_30d": roi, "drawdown": drawdown})
    saved(stores, "dan", published_ms=EPOCH_MS + 1)
    found = {sort: list(chain.from_iterable(pages(stores, sort, limit))) for sort in SORTS}
    assert found["roi_30d"] in (["ada", "cho", "ben"], ["cho", "ada", "ben"])
    assert found["drawdown"] == ["ben", "ada", "cho"]
    assert found["newest"][0] == "dan"
    assert len(found["newest"]) == 4
    assert found["aum"] == []
    assert all(len(page) <= limit for page in pages(stores, "newest", limit))


@pytest.mark.parametrize("hidden", [{"published": False}, {"visibility": Visibility.INVITED}])
def test_only_public_ones_are_listed(stores: Stores, hidden: dict[str, Any]) -> None:
    ada = saved(stores, "ada", figures={"roi_30d": "1"})
    saved(stores, "ben", figures={"roi_30d": "2"})
    ben = stores.leaders.get("ben")
    profile = replace(ben.profile, visibility=hidden.get("visibility", Visibility.PUBLIC))
    after = replace(ben, profile=profile, published=hidden.get("published", True))
    assert stores.leaders.save(after)
    for sort in ("roi_30d", "newest"):
        assert stores.leaders.listed(Wanted(sort), None, 10) == ([ada], None)
    assert stores.leaders.save(replace(after, profile=ben.profile, published=True, version=2))
    assert len(stores.leaders.listed(Wanted("roi_30d"), None, 10)[0]) == 2


def test_a_place_is_where_the_next_page_begins(stores: Stores) -> None:
    for number in range(5):
        saved(stores, f"l{number}", figures={"roi_30d": f"0.{number}0"})
    page, _ = stores.leaders.listed(Wanted("roi_30d"), None, 5)
    place = stores.leaders.place(page[1], "roi_30d")
    rest, _ = stores.leaders.listed(Wanted("roi_30d"), place, 5)
    assert rest == page[2:]
