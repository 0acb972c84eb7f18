"""What operators do over HTTP, and that each of it leaves a line."""

import json
from typing import Any

import pytest
from botocore.client import BaseClient

from pilotfish.adapters.dynamo.order_items import planned_item
from pilotfish.adapters.dynamo.sessions import DynamoSessions
from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Viewer
from tests.fakes.samples import an_order
from tests.handlers.api.conftest import Answer, Call
from tests.handlers.api.test_records import records

__all__ = ["records"]

WHY = "the venue is odd"


def operate(call: Call, method: str, path: str, body: Any = None, **how: Any) -> Answer:
    return call(method, path, body, user="olga", operator=True, **how)


def trail(call: Call, **query: str) -> list[tuple[str, str, str, str]]:
    found = operate(call, "GET", "/operations/trail", query=query).body["actions"]
    return [(each["subject"], each["by"], each["verb"], each["why"]) for each in found]


@pytest.mark.parametrize(
    ("method", "path", "body", "query"),
    [
        ("GET", "/operations/halts", None, {}),
        ("POST", "/operations/halts", {"scope": "all", "why": WHY}, {}),
        ("POST", "/operations/lifts", {"scope": "all", "why": WHY}, {}),
        ("POST", "/operations/replays", {"since_ms": 0, "why": WHY}, {}),
        ("GET", "/operations/trail", None, {}),
        ("GET", "/operations/clients", None, {}),
        ("GET", "/operations/syncs", None, {}),
        ("GET", "/operations/trades", None, {"account_id": "ben-1", "why": WHY}),
        ("GET", "/operations/copies", None, {"account_id": "ben-1", "why": WHY}),
    ],
)
def test_members_operate_nothing(
    call: Call, dynamodb: Any, method: str, path: str, body: Any, query: dict[str, str]
) -> None:
    assert call(method, path, body, query=query).status == 403
    for table in ("HaltsTable", "TrailTable"):
        assert dynamodb.scan(TableName=table)["Count"] == 0


def test_entries_are_halted_and_let_go(call: Call) -> None:
    halted = operate(call, "POST", "/operations/halts", {"scope": "venue:okx", "why": WHY})
    assert (halted.status, halted.body["by"], halted.body["why"]) == (201, "olga", WHY)
    assert operate(call, "GET", "/operations/halts").body["halts"] == [halted.body]
    lift = {"scope": "venue:okx", "why": "calm"}
    assert operate(call, "POST", "/operations/lifts", lift).status == 204
    assert operate(call, "GET", "/operations/halts").body["halts"] == []
    assert operate(call, "POST", "/operations/lifts", lift).status == 409
    told = [("venue:okx", "olga", "lift", "calm"), ("venue:okx", "olga", "halt", WHY)]
    assert trail(call) == trail(call, subject="venue:okx") == trail(call, by="olga") == told
    assert trail(call, by="otto") == trail(call, subject="all") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "everything", "why": WHY}, "body.scope"),
        ({"scope": "all"}, "body.why"),
        ({"scope": "all", "why": ""}, "body.why"),
        ({"scope": "all", "why": "   "}, "why"),
        ({"scope": "all", "why": "x" * 501}, "body.why"),
        ({"why": WHY}, "body.scope"),
        ({"scope": "all", "why": WHY, "for": 5}, "body.for"),
    ],
)
def test_a_halt_that_makes_no_sense(call: Call, body: dict[str, Any], field: str) -> None:
    answer = operate(call, "POST", "/operations/halts", body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)
    assert operate(call, "GET", "/operations/halts").body["halts"] == []


def test_the_trail_goes_on_where_it_stopped(call: Call) -> None:
    for n in range(5):
        operate(call, "POST", "/operations/halts", {"scope": "all", "why": f"drill {n}"})
    seen, query = [], {"limit": "2"}
    for _ in range(4):
        page = operate(call, "GET", "/operations/trail", query=query).body
        seen += [each["why"] for each in page["actions"]]
        if page["next"] is None:
            break
        query = {"limit": "2", "cursor": page["next"]}
    assert seen == [f"drill {n}" for n in reversed(range(5))]


def test_any_account_is_looked_at_and_that_is_kept(call: Call, records: Any) -> None:
    query = {"account_id": "ben-1", "why": "ticket 7"}
    trades = operate(call, "GET", "/operations/trades", query=query)
    copies = operate(call, "GET", "/operations/copies", query=query)
    assert [each["account_id"] for each in trades.body["trades"]] == ["ben-1"]
    assert [each["account_id"] for each in copies.body["copies"]] == ["ben-1"]
    looked = ("ben-1", "olga", "look", "ticket 7")
    assert trail(call, subject="ben-1") == [looked, looked]
    missing = {"account_id": "nobody-1", "why": "ticket 7"}
    assert operate(call, "GET", "/operations/trades", query=missing).status == 404
    assert operate(call, "GET", "/operations/trades", query={"account_id": "ben-1"}).status == 422


def test_going_on_with_a_list_is_the_same_look(call: Call, records: Any) -> None:
    query = {"account_id": "ada-1", "why": "ticket 8", "limit": "1"}
    page = operate(call, "GET", "/operations/trades", query=query).body
    operate(call, "GET", "/operations/trades", query={**query, "cursor": page["next"]})
    assert len(trail(call, subject="ada-1")) == 1


class Replay:
    """The function that replays, as far as the API sees it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.error = ""

    def __call__(self, operation: str, asked: Any) -> Any:
        assert operation == "Invoke"
        self.asked.append(json.loads(asked["Payload"]))
        told = {"order_id": ORDER.order_id, "was": "REJECTED", "verdict": "sent_again", "why": ""}
        answer = {"orders": [told], "more_since_ms": None, "dry_run": False}

        class Body:
            def read(self) -> bytes:
                return json.dumps(answer).encode()

        return {"Payload": Body(), **({"FunctionError": self.error} if self.error else {})}


ORDER = an_order(owner="ben", account_id="ben-1")


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch, dynamodb: Any) -> Replay:
    dynamodb.put_item(TableName="CopyOrdersTable", Item=planned_item(ORDER))
    made = Replay()
    calls = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call_(self: Any, operation: str, asked: Any) -> Any:
        if operation == "Invoke":
            return made(operation, asked)
        return calls(self, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", call_)
    return made


NAMED = {"follow_id": ORDER.follow_id, "order_key": ORDER.order_key}


def test_a_replay_is_kept_before_and_after(call: Call, replay: Replay) -> None:
    asked = {"orders": [NAMED], "why": "ticket 9"}
    answer = operate(call, "POST", "/operations/replays", asked)
    assert answer.status == 200
    assert [(o["was"], o["verdict"]) for o in answer.body["orders"]] == [("REJECTED", "sent_again")]
    assert replay.asked == [{"orders": [NAMED], "dry_run": False}]
    assert trail(call, subject="ben-1") == [
        ("ben-1", "olga", "replayed", "ticket 9"),
        ("ben-1", "olga", "replay", "ticket 9"),
    ]


def test_whose_orders_are_replayed_reads_nothing_of_others(
    call: Call, replay: Replay, dynamodb: Any
) -> None:
    other = an_order(owner="cho", account_id="cho-1", follow_id="chos")
    dynamodb.put_item(TableName="CopyOrdersTable", Item=planned_item(other))
    named = {"follow_id": other.follow_id, "order_key": other.order_key}
    operate(call, "POST", "/operations/replays", {"orders": [NAMED, named], "why": "ticket 9"})
    details = {
        subject: [each["detail"] for each in listed.body["actions"] if each["verb"] == "replay"]
        for subject in ("ben-1", "cho-1")
        if (listed := operate(call, "GET", "/operations/trail", query={"subject": subject}))
    }
    assert [json.loads(each)["orders"] for each in details["ben-1"]] == [[ORDER.order_id]]
    assert [json.loads(each)["orders"] for each in details["cho-1"]] == [[other.order_id]]


def test_a_replay_that_fails_was_asked_for_all_the_same(call: Call, replay: Replay) -> None:
    replay.error = "Unhandled"
    asked = {"since_ms": 5, "dry_run": True, "why": "ticket 9"}
    answer = operate(call, "POST", "/operations/replays", asked)
    assert (answer.status, answer.body["code"]) == (504, "not_replayed")
    assert replay.asked == [{"orders": [], "dry_run": True, "since_ms": 5}]
    assert trail(call) == [("all", "olga", "replay", "ticket 9")]


@pytest.mark.parametrize(
    "body",
    [
        {"why": WHY},
        {"orders": [], "why": WHY},
        {"orders": [NAMED] * 21, "why": WHY},
        {"orders": [{"follow_id": "a"}], "why": WHY},
        {"since_ms": -1, "why": WHY},
        {"since_ms": 1},
    ],
)
def test_a_replay_that_makes_no_sense(call: Call, replay: Replay, body: dict[str, Any]) -> None:
    assert operate(call, "POST", "/operations/replays", body).status == 422
    assert replay.asked == []


def test_clients_are_counted(call: Call, dynamodb: Any) -> None:
    sessions = DynamoSessions(dynamodb, "ConnectionsTable")
    sessions.open("c1", Viewer("ada"), utc_ms())
    sessions.open("c2", Viewer("ada"), utc_ms())
    sessions.open("c3", Viewer("olga", operator=True), utc_ms())
    sessions.open("ended", Viewer("ben", until_ms=utc_ms() - 1), utc_ms())
    sessions.open("old", Viewer("ben"), utc_ms() - 3 * 3_600_000)
    told = operate(call, "GET", "/operations/clients").body
    counted = {"clients": 3, "users": 2, "operators": 1, "subscriptions": 0, "demanded": {}}
    assert told == counted


def test_back_fills_of_all(call: Call, dynamodb: Any) -> None:
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from tests.fakes.samples import a_session

    DynamoSyncSessions(dynamodb, "SyncSessionsTable").begin(a_session())
    for query in ({}, {"status": "RUNNING"}, {"account_id": "leader"}):
        [sync] = operate(call, "GET", "/operations/syncs", query=query).body["syncs"]
        assert (sync["account_id"], sync["status"]) == ("leader", "RUNNING")
    assert operate(call, "GET", "/operations/syncs", query={"status": "FAILED"}).body == {
        "syncs": []
    }
