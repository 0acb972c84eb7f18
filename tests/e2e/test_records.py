"""A leader's record on the running stack: out of its fills, beside what its followers earned."""

import time
from decimal import Decimal

from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
from pilotfish.clock import utc_ms
from pilotfish.domain.leaders import Leader, Profile
from pilotfish.domain.rules import Rules
from pilotfish.usecases.keep_follows import SETTLED_MS
from pilotfish_local.http_api import call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import sign_up

from .conftest import USDM_BTC, new_scene


def test_a_record_is_kept_and_anybody_can_read_it(local: LocalStack) -> None:
    scene = new_scene(local, "binanceusdm")
    scene.add_followers([Rules(multiplier=Decimal("0.5")), Rules()])
    scene.add_paper_followers([Rules()])
    leader_id = scene.leader.name
    leaders = DynamoLeaders(local.aws.client("dynamodb"), local.name("LeadersTable"))
    leaders.save(Leader(leader_id, "somebody", "binanceusdm", Profile("Ada"), utc_ms()))
    scene.trade(("buy", "0.02", USDM_BTC), ("sell", "0.02", USDM_BTC), ("buy", "0.01", USDM_BTC))
    scene.await_fills()
    copies = scene.settle()
    last_ms = max(copy.history[-1].at_ms for copy in copies)
    time.sleep(max(0, last_ms + SETTLED_MS - utc_ms()) / 1000 + 0.1)

    event = {"shard": "0", "account_id": leader_id}
    for _ in range(2):
        kept = local.invoke("RecordsFunction", event)
        assert kept == {"accounts": 1, "follows": 3, "left": 0, "failed": 0}

    reader = sign_up(local, "reader@example.com")
    mine = {
        path: call(local.api_url, "GET", path, headers=reader.headers).body
        for path in ("/performance", "/fees/statements", "/portfolios")
    }
    assert mine["/performance"]["accounts"] == []
    assert mine["/fees/statements"] == {"statements": [], "next": None}
    assert mine["/portfolios"] == {"portfolios": []}
    told = call(local.api_url, "GET", f"/leaders/{leader_id}/record", headers=reader.headers).body
    week = told["windows"]["7d"]
    assert (week["trades"], week["deals"], week["days_active"]) == (1, 3, 1)
    assert Decimal(week["fees"]) > 0
    assert Decimal(week["base"]) > 0
    assert told["followers"]["count"] == 2
    assert told["copying"]["copies"] == 6
    held = max(copy.fill_id for copy in copies)
    earned = sum(
        -copy.side.sign * copy.filled_quantity * copy.average_price
        for copy in copies
        if not copy.paper and copy.fill_id != held
    )
    assert abs(Decimal(told["followers"]["pnl"]["7d"]) - earned) < 1
    shown = leaders.get(leader_id)
    assert shown is not None
    assert shown.figures["trades"] == 1
    assert shown.figures["followers"] == 2


def test_fees_and_funding_are_read_and_counted(local: LocalStack) -> None:
    """USD-M's answers to orders tell no fee: it is read from trades, by who reads wallets."""
    scene = new_scene(local, "binanceusdm")
    [follower] = scene.add_followers([Rules()])
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.await_fills()
    [copy] = scene.settle()
    time.sleep(max(0, copy.history[-1].at_ms + SETTLED_MS - utc_ms()) / 1000 + 0.1)
    records = DynamoTrackRecords(local.aws.client("dynamodb"), local.name("TrackRecordsTable"))
    event = {"shard": "0", "account_id": scene.leader.name}
    local.invoke("RecordsFunction", event)
    before = records.record(copy.follow_id)
    assert before is not None
    assert "fees" in before.not_counted  # And funding, unless the schedule was there before us.

    paid = local.exchange.fund("binanceusdm", "BTCUSDT", "0.001")
    time.sleep(0.5)
    local.invoke("WalletsFunction", {"shard": "0"})
    for _ in range(2):
        local.invoke("RecordsFunction", event)

    for name, place in ((scene.leader.name, scene.leader.name), (follower.name, copy.follow_id)):
        record = records.record(place)
        assert record is not None
        week = record.windows["7d"]
        assert week.funding == sum(map(Decimal, paid[name]))
        assert week.funding < 0 < week.fees
        assert (record.not_counted, week.fees_unknown, week.complete) == ((), 0, True)
