"""Rules are tried on a leader's past over HTTP; nothing is written, and nobody else's is shown."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.fills import fill_to_item
from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill, an_instrument
from tests.handlers.api.conftest import Answer, Call

ASKED = {"leader_id": "adas", "account_id": "bens", "capital": "1000"}


@pytest.fixture(autouse=True)
def past(dynamodb: Any, call: Call) -> None:
    """Ada bought 2 at 100, and sold them at 110; what she publishes, Ben may see."""
    store = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
    store.save(Account("adas", "ada", "okx", b"sealed", listen_shard="0"))
    store.save(Account("bens", "ben", "okx", b"sealed"))
    DynamoInstruments(dynamodb, "InstrumentsTable", utc_ms).publish("okx", [an_instrument()], 0)
    for number, (quantity, price) in enumerate([("2", 100), ("-2", 110)], 1):
        fill = a_fill(
            quantity,
            account_id="adas",
            trade_id=f"t{number}",
            order_id=f"o{number}",
            price=price,
            traded_ms=EPOCH_MS + number,
            number=number,
        )
        dynamodb.put_item(TableName="FillsTable", Item=fill_to_item(fill))
    call("PUT", "/leaders/adas", {"name": "Ada"})


def tried(call: Call, **more: Any) -> Answer:
    return call("POST", "/dry-runs", ASKED | more, user="ben")


def test_what_would_have_been_copied_and_what_would_have_come_of_it(call: Call) -> None:
    answer = tried(call, rules={"multiplier": "0.5"})
    assert answer.status == 200, answer.text
    found = answer.body
    orders = [(each["leg"], Decimal(each["quantity"]), each["state"]) for each in found["orders"]]
    assert orders == [("entry", 1, "COPIED"), ("exit", 1, "COPIED")]
    assert (found["fills"], found["copied"], found["skipped"], found["whole"]) == (2, 2, {}, True)
    assert 9 < Decimal(found["result"]) < 10  # 10 a piece, less slippage and fees
    assert [point["at_ms"] - EPOCH_MS for point in found["curve"]] == [1, 2]


def test_what_would_have_been_skipped_says_why(call: Call) -> None:
    found = tried(call, rules={"never": ["BTC"]}).body
    assert found["copied"] == 0
    assert found["skipped"]["on_the_deny_list"] == 1


def test_nothing_is_written(call: Call, dynamodb: Any) -> None:
    tried(call)
    for table in ("FollowsTable", "CopyOrdersTable", "LedgersTable"):
        assert dynamodb.scan(TableName=table)["Count"] == 0, table


def test_rules_that_make_no_sense_are_named(call: Call) -> None:
    answer = tried(call, rules={"multiplier": "-1"})
    assert answer.status == 422
    assert answer.body["errors"][0]["field"] == "body.rules.multiplier"


def test_somebody_s_account_and_a_leader_out_of_sight_are_not_there(call: Call) -> None:
    assert tried(call, account_id="adas").status == 404
    assert tried(call, leader_id="nobodys").status == 404
    call("DELETE", "/leaders/adas", if_match='"1"')
    assert tried(call).status == 404


def test_what_an_account_has_is_said_where_nobody_knows(call: Call) -> None:
    answer = tried(call, capital=None)
    assert (answer.status, answer.body["code"]) == (422, "no_capital")
