"""Trades and copies over HTTP: filters, pages, and nobody else's."""

from dataclasses import replace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.fills import fill_to_item
from pilotfish.adapters.dynamo.order_items import order_to_item, planned_item
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder, Event, Reason, State
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill, an_account, an_order
from tests.handlers.api.conftest import Call


def copied(n: int, **more: Any) -> CopyOrder:
    at_ms = EPOCH_MS + n
    fill_id = f"{at_ms:013d}-{PERPETUAL}-{n}"
    fields: dict[str, Any] = {"owner": "ada", "account_id": "ada-1"}
    return an_order(fill_id=fill_id, traded_ms=at_ms, **fields | more)


def skipped(order: CopyOrder, reason: Reason) -> CopyOrder:
    events = (Event(EPOCH_MS, State.PLANNED, ""), Event(EPOCH_MS + 9, State.SKIPPED, reason))
    return replace(order, state=State.SKIPPED, reason=reason, history=events, revision=1)


@pytest.fixture
def records(dynamodb: Any) -> tuple[list[Fill], list[CopyOrder]]:
    """Ada's two trades and three copies, the last one skipped; and Ben's one of each."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts

    accounts = DynamoAccounts(dynamodb, "AccountsTable", lambda: EPOCH_MS)
    for account_id, owner in [("ada-1", "ada"), ("ben-1", "ben")]:
        accounts.save(an_account(account_id, owner=owner))
    fills = [
        a_fill(account_id=account_id, trade_id=f"t{n}", traded_ms=EPOCH_MS + n, price="1E+2")
        for n, account_id in enumerate(["ada-1", "ada-1", "ben-1"])
    ]
    for fill in fills:
        owner = {"S": fill.account_id.partition("-")[0]}
        dynamodb.put_item(TableName="FillsTable", Item=fill_to_item(fill) | {"owner": owner})
    orders = [
        copied(0),
        copied(1),
        skipped(copied(2), Reason.HALTED),
        copied(3, owner="ben", account_id="ben-1", follow_id="bens"),
    ]
    for order in orders:
        item = order_to_item(order) if order.history else planned_item(order)
        dynamodb.put_item(TableName="CopyOrdersTable", Item=item)
    return fills, orders


def ids(answer: Any, kind: str) -> list[int]:
    assert answer.status == 200, answer.text
    return [each["traded_ms"] - EPOCH_MS for each in answer.body[kind]]


def test_trades_are_the_caller_s_own(call: Call, records: Any) -> None:
    answer = call("GET", "/trades")
    assert ids(answer, "trades") == [1, 0]
    trade = answer.body["trades"][0]
    assert (trade["price"], trade["quantity"], trade["notional"]) == ("100", "1", "100")
    assert (trade["trade_id"], trade["account_id"], trade["history"]) == ("t1", "ada-1", False)
    assert answer.body["next"] is None
    assert ids(call("GET", "/trades", user="ben"), "trades") == [2]
    assert ids(call("GET", "/trades", user="eve"), "trades") == []


@pytest.mark.parametrize("kind", ["trades", "copies"])
def test_pages_go_on_where_the_last_one_ended(call: Call, records: Any, kind: str) -> None:
    seen, query = [], {"limit": "1", "order": "oldest_first"}
    for _ in range(5):
        answer = call("GET", f"/{kind}", query=query)
        seen += ids(answer, kind)
        if answer.body["next"] is None:
            break
        query = {**query, "cursor": answer.body["next"]}
    assert seen == ([0, 1] if kind == "trades" else [0, 1, 2])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [2, 1, 0]),
        ({"order": "oldest_first"}, [0, 1, 2]),
        ({"state": "SKIPPED"}, [2]),
        ({"state": "SKIPPED,REJECTED"}, [2]),
        ({"state": "PLANNED"}, [1, 0]),
        ({"reason": "halted"}, [2]),
        ({"since_ms": str(EPOCH_MS + 1), "until_ms": str(EPOCH_MS + 1)}, [1]),
        ({"account_id": "ada-1", "symbol": PERPETUAL, "side": "buy"}, [2, 1, 0]),
        ({"side": "sell"}, []),
        ({"follow_id": "bens"}, []),
        ({"leader_id": "leader", "search": "HALTED"}, [2]),
    ],
)
def test_filters(call: Call, records: Any, query: dict[str, str], found: list[int]) -> None:
    assert ids(call("GET", "/copies", query=query), "copies") == found


def test_a_copy_says_each_step(call: Call, records: Any) -> None:
    [copy] = call("GET", "/copies", query={"state": "SKIPPED"}).body["copies"]
    assert [(step["state"], step["after_ms"]) for step in copy["steps"]] == [
        ("PLANNED", 0),
        ("SKIPPED", 9),
    ]
    assert copy["why"].endswith("SKIPPED +9 ms (halted)")


@pytest.mark.parametrize("path", ["/trades", "/copies"])
def test_another_s_account_is_as_one_that_is_not_there(call: Call, records: Any, path: str) -> None:
    theirs = call("GET", path, query={"account_id": "ben-1"})
    missing = call("GET", path, query={"account_id": "nobody-1"})
    assert (theirs.status, theirs.text) == (404, missing.text)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"since_ms": "-1"},
        {"until_ms": "1" * 20},
        {"order": "random"},
        {"side": "both"},
        {"state": "LOST"},
        {"search": "x" * 101},
    ],
)
def test_what_makes_no_sense_is_named(call: Call, query: dict[str, str]) -> None:
    answer = call("GET", "/copies", query=query)
    assert answer.status == 422
    [name] = query
    assert name in answer.body["errors"][0]["field"]


def test_copies_are_sorted_by_what_they_took(call: Call, records: Any) -> None:
    query = {"sort": "took_ms", "descending": "false", "limit": "2"}
    first = call("GET", "/copies", query=query)
    rest = call("GET", "/copies", query={**query, "cursor": first.body["next"]})
    took = [each["took_ms"] for page in (first, rest) for each in page.body["copies"]]
    assert took == sorted(took)
    assert sorted(ids(first, "copies") + ids(rest, "copies")) == [0, 1, 2]
    assert rest.body["next"] is None


def test_more_trades_than_can_be_sorted(
    call: Call, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilotfish.usecases.sorted_lists.SORTED", 1)
    answer = call("GET", "/trades", query={"sort": "notional"})
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "query.since_ms")
    period = {"since_ms": str(EPOCH_MS + 1)}
    assert ids(call("GET", "/trades", query={"sort": "notional", **period}), "trades") == [1]
    assert call("GET", "/trades", query={"sort": "secret"}).status == 422


def test_a_cursor_of_another_list_is_refused(call: Call, records: Any) -> None:
    after = call("GET", "/copies", query={"limit": "1"}).body["next"]
    assert call("GET", "/trades", query={"cursor": after}).status == 400
    assert call("GET", "/copies", query={"cursor": after, "side": "buy"}).status == 400
    assert call("GET", "/copies", query={"cursor": "x"}).status == 400
