"""A person changes a follow: from the version that was seen, and every mapper knows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.follows import EVERYTHING, Consent, Follow, Status
from pilotfish.domain.rules import Rules
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_follow, an_account

NOW_MS = EPOCH_MS + 500


@pytest.fixture(autouse=True)
def leader(stores: Stores) -> None:
    stores.accounts.save(an_account("leader", listen_shard="0"))


def saved(stores: Stores, number: int = 1, **more: object) -> Follow:
    follow = a_follow(number, **more)
    stores.follows.save(follow)
    return follow


def test_all_of_a_follow_comes_back(stores: Stores) -> None:
    consent = Consent("2026-11", "user-1", EPOCH_MS)
    follow = saved(
        stores,
        status=Status.STOPPED,
        closing=("BTC/USDT:USDT#net", "ETH/USDT#net"),
        closing_ms=5,
        changed_ms=6,
        version=7,
        consent=consent,
    )
    assert stores.follows.get("leader", "follow-1") == follow
    assert stores.follows.get("leader", "follow-2") is None


@pytest.mark.parametrize("version", [0, 3])
def test_a_change_is_written_under_the_next_version(
    workers: Workers, stores: Stores, version: int
) -> None:
    before = saved(stores, version=version)
    other = workers.another()
    assert other.follows.of_leader("leader") == [before]
    rules = Rules(multiplier=Decimal("0.1"))
    after = replace(before, status=Status.PAUSED, rules=rules, changed_ms=NOW_MS)
    assert stores.follows.change(before, after)
    stored = replace(after, version=version + 1)
    assert stores.follows.get("leader", "follow-1") == stored
    assert other.follows.of_leader("leader") == [stored]


def test_two_people_do_not_overwrite_each_other(stores: Stores) -> None:
    before = saved(stores)
    assert stores.follows.change(before, replace(before, status=Status.PAUSED))
    assert not stores.follows.change(before, replace(before, status=Status.CLOSE_ONLY))
    now = stores.follows.get("leader", "follow-1")
    assert (now.status, now.version) == (Status.PAUSED, 1)


def test_a_follow_that_is_not_there_is_not_changed(stores: Stores) -> None:
    assert not stores.follows.change(a_follow(), replace(a_follow(), status=Status.PAUSED))
    assert stores.follows.get("leader", "follow-1") is None


def test_what_is_pinned_meanwhile_stays(stores: Stores) -> None:
    before = saved(stores)
    pins = {"BTC/USDT": "BTC/USD"}
    assert stores.follows.pin("leader", 1, {"follow-1": pins})
    assert stores.follows.change(before, replace(before, status=Status.PAUSED))
    assert stores.follows.get("leader", "follow-1").pinned == pins


def test_the_rest_of_a_roll_is_read_again_after_a_change(stores: Stores) -> None:
    before = saved(stores)
    roll = stores.follows.ever_of_leader("leader")
    assert stores.follows.change(before, replace(before, status=Status.PAUSED))
    assert stores.follows.ever_of_leader("leader").revision == roll.revision + 1
    assert not stores.follows.pin("leader", roll.revision, {"follow-1": {"A/B": "A/C"}})


def test_only_the_live_ones_are_decided_for(stores: Stores) -> None:
    for number, status in enumerate(Status):
        saved(stores, number, status=status)
    live = [follow.status for follow in stores.follows.of_leader("leader")]
    assert live == [Status.ACTIVE, Status.PAUSED, Status.CLOSE_ONLY]


def test_what_ends_is_found_until_it_has(stores: Stores) -> None:
    saved(stores, 1)
    before = saved(stores, 2)
    stopped = replace(before, status=Status.STOPPED, closing=EVERYTHING, changed_ms=NOW_MS)
    assert stores.follows.ending(NOW_MS, 10) == []
    assert stores.follows.change(before, stopped)
    stopped = replace(stopped, version=1)
    assert stores.follows.ending(NOW_MS - 1, 10) == []
    assert stores.follows.ending(NOW_MS, 10) == [stopped]
    assert stores.follows.change(stopped, replace(stopped, closing=()))
    assert stores.follows.ending(NOW_MS, 10) == []


def test_who_was_looked_at_waits_its_turn(stores: Stores) -> None:
    follows = [
        saved(stores, number, status=Status.CLOSE_ONLY, changed_ms=EPOCH_MS + number)
        for number in (1, 2)
    ]
    assert stores.follows.ending(NOW_MS, 1) == follows[:1]
    stores.follows.look_again(follows[0], NOW_MS)
    assert stores.follows.ending(NOW_MS - 1, 10) == follows[1:]
    assert stores.follows.ending(NOW_MS, 10) == follows[::-1]


def test_one_that_has_ended_meanwhile_does_not_come_back(stores: Stores) -> None:
    follow = saved(stores, status=Status.CLOSE_ONLY)
    assert stores.follows.change(follow, replace(follow, status=Status.STOPPED))
    stores.follows.look_again(follow, NOW_MS)
    assert stores.follows.ending(NOW_MS, 10) == []
