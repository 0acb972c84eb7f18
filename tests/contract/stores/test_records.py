"""An owner's records as a list, in slices that neither repeat nor leave out anything."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pilotfish import ports
from pilotfish.adapters.dynamo.order_items import planned_item
from pilotfish.adapters.dynamo.records import DynamoRecords
from pilotfish.domain.fills import Fill
from pilotfish.domain.filters import CopyFilter, Order, TradeFilter
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.places import Place
from tests.contract.stores.conftest import Stores
from tests.contract.stores.test_orders import planned
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill, a_follow, an_account, an_order

Read = Callable[[Place | None, int], tuple[Sequence[Any], Place | None]]


def slices(read: Read, limit: int) -> list[list[Any]]:
    """All of them."""
    found, place = [], None
    while True:
        items, place = read(place, limit)
        found.append(list(items))
        if place is None:
            return found


def joined(read: Read, limit: int) -> list[Any]:
    return [item for some in slices(read, limit) for item in some]


@pytest.fixture
def fills(stores: Stores, lease: ports.Lease) -> list[Fill]:
    """Of ann's two accounts, at the same times, and one of bob's."""
    made = []
    for account_id, owner in [("ann-1", "ann"), ("ann-2", "ann"), ("bob-1", "bob")]:
        account = an_account(account_id, owner=owner, listen_shard="0")
        stores.accounts.save(account)
        some = [
            a_fill(account_id=account_id, traded_ms=EPOCH_MS + n, trade_id=str(n)) for n in range(4)
        ]
        made += stores.fills.add(account, Holdings(), some, lease)
    return made


def sold(follow: int, after_ms: int, **more: Any) -> CopyOrder:
    at_ms = EPOCH_MS + after_ms
    fill_id = f"{at_ms:013d}-{PERPETUAL}-{after_ms}"
    return an_order("-1", follow_id=f"follow-{follow}", fill_id=fill_id, traded_ms=at_ms, **more)


@pytest.fixture
def orders(stores: Stores) -> list[CopyOrder]:
    """Of ann's follows 1 and 2, of the same fills, and of bob's follow 3."""
    stores.accounts.save(an_account("leader"))
    stores.follows.save_all([a_follow(n) for n in (1, 2, 3)])
    owners = {1: "ann", 2: "ann", 3: "bob"}
    wanted = [sold(follow, n, owner=owners[follow]) for n in range(4) for follow in owners]
    return list(planned(stores, *wanted))


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_all_of_an_owner_s_fills_newest_first(
    stores: Stores, fills: list[Fill], limit: int
) -> None:
    asked = TradeFilter()
    found = joined(lambda after, most: stores.records.fills("ann", asked, after, most), limit)
    mine = [fill for fill in fills if fill.account_id != "bob-1"]
    assert sorted(found, key=lambda f: (f.fill_id, f.account_id)) == sorted(
        mine, key=lambda f: (f.fill_id, f.account_id)
    )
    assert [f.traded_ms for f in found] == sorted((f.traded_ms for f in mine), reverse=True)


def test_one_account_s_fills_oldest_first_and_of_a_period(
    stores: Stores, fills: list[Fill]
) -> None:
    asked = TradeFilter(
        account_id="ann-2",
        since_ms=EPOCH_MS + 1,
        until_ms=EPOCH_MS + 2,
        order=Order.OLDEST_FIRST,
    )
    found = joined(lambda after, most: stores.records.fills("ann", asked, after, most), 1)
    assert found == [f for f in fills if f.account_id == "ann-2"][1:3]


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize("order", Order)
def test_an_owner_s_orders_as_they_are_now(
    stores: Stores, orders: list[CopyOrder], limit: int, order: Order
) -> None:
    asked = CopyFilter(order=order)
    found = joined(lambda after, most: stores.records.orders("ann", asked, after, most), limit)
    mine = [each for each in orders if each.owner == "ann"]
    assert len(found) == len(mine)
    assert {each.order_id for each in found} == {each.order_id for each in mine}
    times = [each.traded_ms for each in found]
    assert times == sorted(times, reverse=order is Order.NEWEST_FIRST)


def test_one_follow_s_orders(stores: Stores, orders: list[CopyOrder]) -> None:
    asked = CopyFilter(follow_id="follow-2", order=Order.OLDEST_FIRST)
    found = joined(lambda after, most: stores.records.orders("ann", asked, after, most), 3)
    assert found == [each for each in orders if each.follow_id == "follow-2"]


def test_what_comes_meanwhile_shifts_nothing(stores: Stores, orders: list[CopyOrder]) -> None:
    asked = CopyFilter()
    first, place = stores.records.orders("ann", asked, None, 2)
    planned(stores, sold(1, 9, owner="ann"))
    then, _ = stores.records.orders("ann", asked, place, 50)
    mine = {each.order_id for each in orders if each.owner == "ann"}
    assert {each.order_id for each in [*first, *then]} == mine
    assert len(first) + len(then) == len(mine)


def test_an_owner_without_any(stores: Stores, orders: list[CopyOrder]) -> None:
    assert stores.records.orders("eve", CopyFilter(), None, 50) == ([], None)
    assert stores.records.fills("eve", TradeFilter(), None, 50) == ([], None)


def test_whose_an_account_is(stores: Stores, fills: list[Fill]) -> None:
    assert stores.owners.of_account("ann-2") == "ann"
    assert stores.owners.of_account("nobody's") is None


def test_a_period_that_ends_before_it_begins_holds_nothing(
    stores: Stores, orders: list[CopyOrder]
) -> None:
    asked = CopyFilter(since_ms=EPOCH_MS + 1, until_ms=EPOCH_MS)
    assert stores.records.orders("ann", asked, None, 50) == ([], None)


class Counting:
    """A client that counts what it is asked for."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.asked.append(name)
            return getattr(self._client, name)(**request)

        return call


@pytest.mark.parametrize("many", [10, 300])
def test_a_page_is_one_query_and_one_read_however_many_records_there_are(
    dynamodb: Any, tables: dict[str, str], many: int
) -> None:
    for n in range(many):
        item = planned_item(sold(1, n, owner="ann"))
        dynamodb.put_item(TableName=tables["CopyOrdersTable"], Item=item)
    client: Any = Counting(dynamodb)
    records = DynamoRecords(client, fills_table="", orders_table=tables["CopyOrdersTable"])
    found, _ = records.orders("ann", CopyFilter(), None, 10)
    assert len(found) == 10
    assert client.asked == ["query", "batch_get_item"]
    client.asked.clear()
    records.orders("ann", CopyFilter(follow_id="follow-1"), None, 10)
    assert client.asked == ["query"]
