"""Track records on the template's tables: each execution counts once, however often it runs."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.adapters.dynamo.order_items import order_to_item
from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
from pilotfish.adapters.dynamo.wallets import DynamoWallets
from pilotfish.domain.accounts import Account
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.leaders import Leader, Profile
from pilotfish.domain.orders import Event, State
from pilotfish.domain.wallets import Wallet
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill, a_follow, an_order
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER = Account("ada-usdm", "ada", "binanceusdm", b"sealed", listen_shard="0")
OWN = {"TrackRecordsTable", "LeadersTable"}


def context(seconds: int = 60) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)


@pytest.fixture
def traded(stack: Stack) -> Stack:
    """A leader who earned 10, a follower who earned 8 of it; the leader holds one more."""
    stack.accounts.save(LEADER)
    stack.follows.save(a_follow(leader_id=LEADER.account_id))
    leaders = DynamoLeaders(stack.dynamodb, stack.tables["LeadersTable"])
    assert leaders.save(Leader(LEADER.account_id, "ada", LEADER.venue, Profile("Ada"), EPOCH_MS))
    lease = stack.leases.acquire("0", "poller", stack.clock(), 60_000)
    assert lease is not None
    prices = (("1", 100), ("-1", 110), ("1", 110))
    fills = [
        a_fill(
            quantity,
            account_id=LEADER.account_id,
            venue=LEADER.venue,
            trade_id=str(number),
            traded_ms=EPOCH_MS + number,
            price=Decimal(price),
        )
        for number, (quantity, price) in enumerate(prices)
    ]
    stack.fills.add(LEADER, Holdings(), fills, lease)
    for number, (quantity, price, leader_s) in enumerate((("1", 101, 100), ("-1", 109, 110))):
        at_ms = EPOCH_MS + 100 + number
        order = an_order(
            quantity,
            leader_id=LEADER.account_id,
            fill_id=fills[number].fill_id,
            state=State.COPIED,
            attempts=1,
            filled_quantity=Decimal(1),
            average_price=Decimal(price),
            reference_price=Decimal(leader_s),
            history=(Event(at_ms, State.COPIED, ""),),
        )
        stack.put("CopyOrdersTable", order_to_item(order))
    coins, prices_now = {"USDT": Decimal(1_000)}, {PERPETUAL: Decimal(105)}
    wallet = Wallet(LEADER.account_id, LEADER.venue, EPOCH_MS + 50, coins, prices=prices_now)
    DynamoWallets(stack.dynamodb, stack.tables["WalletsTable"]).save(wallet)
    stack.clock.advance(120)
    return stack


@pytest.mark.parametrize("path", samples("records"))
def test_every_sample_twice_changes_records_alone_and_comes_to_the_same(
    traded: Stack, start: Start, path: str
) -> None:
    before = traded.contents()
    answers, figures = [], []
    for _ in range(2):
        answers.append(start("records").handler(sample(path), context()))
        record = DynamoTrackRecords(traded.dynamodb, traded.tables["TrackRecordsTable"]).record(
            LEADER.account_id
        )
        figures.append(record)
    after = traded.contents()
    assert answers == [{"accounts": 1, "follows": 1, "left": 0, "failed": 0}] * 2
    assert figures[0] == figures[1]
    assert {name: after[name] for name in after if name not in OWN} == {
        name: before[name] for name in before if name not in OWN
    }


def test_a_leader_s_record_stands_beside_its_followers(traded: Stack, start: Start) -> None:
    start("records").handler(sample("records/shard_0.json"), context())
    records = DynamoTrackRecords(traded.dynamodb, traded.tables["TrackRecordsTable"])
    record = records.record(LEADER.account_id)
    assert record is not None
    assert record.windows["7d"].pnl == 10 - 5
    assert record.followers is not None
    assert record.followers.pnl["7d"] == 8
    assert record.copying.copies == 2
    assert record.copying.slippage == pytest.approx(2 / 210)
    leader = DynamoLeaders(traded.dynamodb, traded.tables["LeadersTable"]).get(LEADER.account_id)
    assert leader is not None
    assert leader.figures["pnl_7d"] == 5
    assert leader.figures["followers"] == 1


def test_another_leader_is_left_alone(traded: Stack, start: Start) -> None:
    answer = start("records").handler({"shard": "0", "account_id": "nobody"}, context())
    assert answer == {"accounts": 0, "follows": 0, "left": 0, "failed": 0}


def test_without_time_everything_is_left_for_the_next_run(traded: Stack, start: Start) -> None:
    answer = start("records").handler(sample("records/shard_0.json"), context(seconds=-(10**9)))
    assert answer == {"accounts": 0, "follows": 0, "left": 1, "failed": 0}
