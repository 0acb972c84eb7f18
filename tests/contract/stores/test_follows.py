"""Mappers know every change of a follow at once, and read them all only when one changed."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.follows import DynamoFollows
from pilotfish.domain.follows import Status
from pilotfish.domain.rules import OnDrift
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import ManualClock
from tests.fakes.samples import a_follow, an_account


@pytest.fixture(autouse=True)
def leader(stores: Stores) -> None:
    stores.accounts.save(an_account("leader", listen_shard="0"))


def test_a_follow_comes_back_with_its_rules(workers: Workers, stores: Stores) -> None:
    follow = a_follow(
        multiplier=Decimal("0.3333333333"),
        max_order_notional=Decimal("1000.50"),
        max_position_notional=Decimal("25000"),
        max_slippage=Decimal("0.0025"),
        lateness_s=7,
        symbols={"BTC/USDT": "BTC/USDC"},
        quotes=("USDT", "USD"),
        multiples=True,
        perpetual_for_spot=True,
        spot_for_perpetual=True,
        only=("BTC", "PEPE/USDT"),
        never=("ETH",),
        on_drift=OnDrift.ACCEPT,
        shard=3,
        pinned={"1000PEPE/USDT:USDT": "PEPE/USDT:USDT"},
    )
    stores.follows.save(follow)
    assert workers.another().follows.of_leader("leader") == [follow]
    assert stores.follows.of_leader("somebody else") == []


def test_a_follow_whose_rules_make_no_sense_stops_nobody_else(
    dynamodb: Any, tables: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever wrote it: the others are copied for, and the log names it."""
    DynamoAccounts(dynamodb, tables["AccountsTable"], ManualClock()).save(an_account("leader"))
    follows = DynamoFollows(dynamodb, tables["FollowsTable"], tables["AccountsTable"])
    follows.save_all([a_follow(1), a_follow(2)])
    dynamodb.update_item(
        TableName=tables["FollowsTable"],
        Key={"pk": {"S": "leader"}, "sk": {"S": "follow-1"}},
        UpdateExpression="SET #rules = :rules",
        ExpressionAttributeNames={"#rules": "rules"},
        ExpressionAttributeValues={":rules": {"S": '{"multiplier": "-1"}'}},
    )
    assert follows.of_leader("leader") == [a_follow(2)]
    assert "follow-1" in caplog.text


def test_a_new_follow_is_seen_by_a_worker_that_has_looked_before(
    workers: Workers, stores: Stores
) -> None:
    other = workers.another()
    assert other.follows.of_leader("leader") == []
    stores.follows.save(a_follow(1))
    assert other.follows.of_leader("leader") == [a_follow(1)]
    stores.follows.save_all([a_follow(2), a_follow(3)])
    assert other.follows.of_leader("leader") == [a_follow(1), a_follow(2), a_follow(3)]


def test_a_stopped_follow_is_gone_at_once(workers: Workers, stores: Stores) -> None:
    other = workers.another()
    stores.follows.save(a_follow(1))
    assert other.follows.of_leader("leader") == [a_follow(1)]
    stores.follows.save(a_follow(1, status=Status.STOPPED))
    assert other.follows.of_leader("leader") == []


def test_saving_the_leaders_account_hides_no_change_of_a_follow(
    workers: Workers, stores: Stores
) -> None:
    before = an_account("leader", listen_shard="0")
    other = workers.another()
    stores.follows.save(a_follow(1))
    assert other.follows.of_leader("leader") == [a_follow(1)]
    stores.accounts.save(before)
    stores.follows.save(a_follow(1, status=Status.STOPPED))
    assert other.follows.of_leader("leader") == []


def test_more_follows_than_a_transaction_holds(stores: Stores) -> None:
    stores.follows.save_all([a_follow(number) for number in range(120)])
    assert len(stores.follows.of_leader("leader")) == 120


async def test_an_account_comes_back_as_saved(workers: Workers, stores: Stores) -> None:
    account = an_account("leader", sealed_key=b"\x00\xff", listen_shard="7", enabled=False)
    stores.accounts.save(account)
    assert await workers.another().accounts.get("leader") == account
    assert await stores.accounts.get("nobody") is None


async def test_a_disabled_account_is_disabled_within_a_second(
    stores: Stores, clock: ManualClock
) -> None:
    account = await stores.accounts.get("leader")
    assert account.enabled
    stores.accounts.save(an_account("leader", enabled=False))
    clock.advance(1)
    account = await stores.accounts.get("leader")
    assert not account.enabled


def test_a_poller_hears_of_the_enabled_accounts_of_its_shard(stores: Stores) -> None:
    stores.accounts.save(an_account("elsewhere", listen_shard="1"))
    stores.accounts.save(an_account("disabled", listen_shard="0", enabled=False))
    stores.accounts.save(an_account("follower"))
    assert [account.account_id for account in stores.accounts.leaders("0")] == ["leader"]
    stores.accounts.save(an_account("leader"))
    assert stores.accounts.leaders("0") == []


def test_what_is_pinned_is_seen_by_every_worker(workers: Workers, stores: Stores) -> None:
    stores.follows.save_all([a_follow(1), a_follow(2)])
    other = workers.another()
    assert len(other.follows.of_leader("leader")) == 2
    roll = stores.follows.ever_of_leader("leader")
    pins = {"follow-1": {"BTC/USDT": "BTC/USD", "PEPE/USDT:USDT": "1000PEPE/USDT:USDT"}}
    assert stores.follows.pin("leader", roll.revision, pins)
    first, second = sorted(other.follows.of_leader("leader"), key=lambda f: f.follow_id)
    assert first == a_follow(1, pinned=pins["follow-1"])
    assert second == a_follow(2)


def test_nothing_is_pinned_by_who_has_not_seen_the_last_change(stores: Stores) -> None:
    stores.follows.save(a_follow(1))
    roll = stores.follows.ever_of_leader("leader")
    assert stores.follows.pin("leader", roll.revision, {"follow-1": {"A/B": "A/C"}})
    assert not stores.follows.pin("leader", roll.revision, {"follow-1": {"D/B": "A/C"}})
    assert stores.follows.of_leader("leader") == [a_follow(1, pinned={"A/B": "A/C"})]
