"""Connections over HTTP: keys go in, are tried next door, and never come out."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from pilotfish.adapters.dynamo.follows import DynamoFollows
from pilotfish.domain.connections import KeyReport, Permissions
from pilotfish.domain.errors import NotSent, Rejected, VenueError
from pilotfish.wiring import outside
from pilotfish.wiring.api import connections
from tests.fakes.managing import KeyVenues
from tests.fakes.samples import a_follow
from tests.handlers.api.conftest import Answer, Call
from tests.handlers.conftest import ENVIRONMENT, Load

MAY = Permissions(read=True, trade=True, withdraw=False, ip_restricted=True)
KEY = {"api_key": "CaNaRyKeY0123", "secret": "CaNaRySeCrEt0123\n+/==", "password": "CaNaRyPw0123"}
OTHER = {"api_key": "CaNaRyOther", "secret": "CaNaRyOtherSecret"}
WANTED = {"venue": "Binance USDM", "label": "mine", "key": KEY}


class Function:
    """The function `connections`, next door; what its venues know is for a test to say."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._app: Any = None
        self.venues = KeyVenues(SimpleNamespace())  # type: ignore[arg-type]
        self.fails = False

    def says(self, known: KeyReport | VenueError) -> None:
        """Of all keys, from now on."""
        self.venues.otherwise = known

    def invoke(self, **request: Any) -> Any:
        assert "CaNaRy" not in request["Payload"]
        if self.fails:
            return {"Payload": io.BytesIO(b'{"errorMessage": "timed out"}'), "FunctionError": "x"}
        self._app = self._app or self._load("connections")
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
        answer = self._app.handler(json.loads(request["Payload"]), context)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture(autouse=True)
def function(dynamodb: Any, load: Load, monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    kms, found = boto3.client("kms"), Function(load)
    monkeypatch.setenv("KEY_ID", kms.create_key()["KeyMetadata"]["Arn"])
    monkeypatch.setenv("ALLOW_WITHDRAWAL_KEYS", "false")
    monkeypatch.setenv("VENUE_ENDPOINTS", "")
    clients = {"kms": kms, "lambda": found}
    monkeypatch.setattr(connections, "_waiting_client", clients.__getitem__)
    monkeypatch.setattr(outside, "venues", lambda _: found.venues)
    yield found
    # powertools keeps one logger a process, with the standard output of its first test.
    logging.Logger.manager.loggerDict.pop(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"], None)


def connect(call: Call, **more: Any) -> Any:
    answer = call("POST", "/connections", {**WANTED, **more})
    assert answer.status == 201, answer.text
    return answer.body["connection"]


def path(connection: Any, more: str = "") -> str:
    return f"/connections/{connection['account_id']}{more}"


def failed(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("code", "")


def test_a_connection_from_its_first_key_to_its_end(call: Call, dynamodb: Any) -> None:
    answer = call("POST", "/connections", WANTED)
    assert answer.status == 201
    one = answer.body["connection"]
    assert (one["venue"], one["label"], one["leads"]) == ("binanceusdm", "mine", False)
    assert (answer.body["key"]["withdraw"], answer.body["key"]["fit"]) == (False, True)
    assert one["health"] is None
    assert call("GET", "/connections").body == {"connections": [one], "next": None}
    assert call("GET", "/connections", user="ben").body == {"connections": [], "next": None}

    named = call("PATCH", path(one), {"label": "main"}, if_match=answer.headers["ETag"])
    assert (named.status, named.body["label"]) == (200, "main")
    assert call("PATCH", path(one), {"label": "x"}, if_match='"1"').status == 412
    assert call("PATCH", path(one), {"label": "x"}).status == 428

    rotated = call("PUT", path(one, "/key"), OTHER)
    assert (rotated.status, rotated.body["connection"]["key_version"]) == (200, 2)
    assert call("POST", path(one, "/test")).body["key"]["fit"]
    assert call("POST", path(one, "/pause")).body["paused"]
    assert not call("POST", path(one, "/resume")).body["paused"]
    assert call("DELETE", path(one), if_match='"1"').status == 412
    assert call("DELETE", path(one)).status == 204
    assert call("GET", path(one)).status == 404
    assert call("GET", "/connections").body == {"connections": [], "next": None}


def test_no_answer_no_log_and_no_table_has_a_key(
    capsys: pytest.CaptureFixture[str], call: Call, dynamodb: Any, function: Function
) -> None:
    answers = [call("POST", "/connections", WANTED, idempotency_key="k")]
    one = answers[0].body["connection"]
    answers.append(call("PUT", path(one, "/key"), OTHER))
    for known in (KeyReport({}, replace(MAY, withdraw=True)), Rejected("401"), NotSent("503")):
        function.says(known)
        answers.append(call("POST", "/connections", {**WANTED, "key": OTHER}))
    for bad in (
        {**WANTED, "key": {**KEY, "secret": ["CaNaRy"]}},
        {**WANTED, "key": {**KEY, "api_key": "CaNaRy with spaces"}},
        {**WANTED, "key": {**KEY, "more": "CaNaRy"}},
        {**WANTED, "key": "CaNaRy"},
        {**WANTED, "venue": "CaNaRy"},
        {**WANTED, "paper": True},
        json.dumps(WANTED)[:-9],
    ):
        answers.append(call("POST", "/connections", bad))
        assert answers[-1].status in (400, 422), bad
    answers += [call("GET", "/connections"), call("GET", path(one))]
    told = capsys.readouterr()
    tables = [dynamodb.scan(TableName=name) for name in dynamodb.list_tables()["TableNames"]]
    seen = "".join(answer.text for answer in answers) + told.out + told.err
    assert "CaNaRy" not in seen
    assert "take" in told.out, "nothing was logged at all"
    kept = [item for table in tables for item in table["Items"]]
    assert "CaNaRy" not in str([item for item in kept if "venue" not in item])
    assert "CaNaRyKeY" not in str(kept)
    assert "CaNaRySeCrEt" not in str(kept)


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (KeyReport({}, replace(MAY, withdraw=True)), (422, "key_refused")),
        (KeyReport({}, replace(MAY, trade=False)), (422, "key_refused")),
        (Rejected("401 no such key"), (422, "key_refused")),
        (NotSent("503"), (424, "not_asked")),
        (KeyReport({}, MAY, "503"), (424, "not_asked")),
    ],
)
def test_a_key_that_is_not_taken_leaves_nothing(
    call: Call, dynamodb: Any, function: Function, known: Any, refusal: tuple[int, str]
) -> None:
    function.says(known)
    assert failed(call("POST", "/connections", WANTED)) == refusal
    assert call("GET", "/connections").body == {"connections": [], "next": None}
    assert dynamodb.scan(TableName="AccountsTable")["Items"] == []
    [kept] = dynamodb.scan(TableName="KeysTable")["Items"]
    assert "sealed_key" not in kept


def test_what_is_wrong_with_a_key_is_told_one_by_one(call: Call, function: Function) -> None:
    function.says(KeyReport({}, replace(MAY, withdraw=True, trade=False)))
    answer = call("POST", "/connections", WANTED)
    assert [fault["field"] for fault in answer.body["errors"]] == ["body.key"] * 2
    assert "may withdraw" in answer.text


def test_a_venue_that_nobody_knows_is_not_said_back(call: Call) -> None:
    answer = call("POST", "/connections", {**WANTED, "venue": "mtgox"})
    assert failed(answer) == (422, "key_refused")
    assert "mtgox" not in answer.text


def test_a_rotation_that_fails_leaves_the_old_key_working(call: Call, function: Function) -> None:
    one = connect(call)
    function.says(KeyReport({}, replace(MAY, withdraw=True)))
    assert failed(call("PUT", path(one, "/key"), OTHER)) == (422, "key_refused")
    function.says(KeyReport({}, MAY))
    after = call("GET", path(one)).body
    assert (after["key_version"], after["paused"]) == (1, False)
    assert call("POST", path(one, "/test")).body["key"]["fit"]


def test_a_key_that_is_not_fit_any_more_pauses_and_is_not_resumed(
    call: Call, function: Function
) -> None:
    one = connect(call)
    function.says(KeyReport({}, replace(MAY, withdraw=True)))
    tested = call("POST", path(one, "/test")).body
    assert (tested["key"]["fit"], tested["connection"]["paused"]) == (False, True)
    assert failed(call("POST", path(one, "/resume"))) == (409, "key_not_fit")
    function.says(KeyReport({}, MAY))
    assert call("PUT", path(one, "/key"), OTHER).status == 200
    assert not call("POST", path(one, "/resume")).body["paused"]


def test_a_function_that_fails_leaves_no_key_behind(
    call: Call, dynamodb: Any, function: Function
) -> None:
    function.fails = True
    assert failed(call("POST", "/connections", WANTED)) == (424, "not_asked")
    [kept] = dynamodb.scan(TableName="KeysTable")["Items"]
    assert "sealed_key" not in kept
    function.fails = False
    one = connect(call)
    function.fails = True
    assert failed(call("POST", path(one, "/test"))) == (424, "not_asked")
    assert failed(call("DELETE", path(one))) == (424, "not_asked")


def test_followers_of_a_leader_hear_at_once_that_it_is_paused(call: Call, dynamodb: Any) -> None:
    one = connect(call, leads=True)
    follows = DynamoFollows(dynamodb, "FollowsTable", "AccountsTable")
    follows.save_all([a_follow(leader_id=one["account_id"], owner="ben")])
    assert call("POST", path(one, "/pause")).body["paused"]
    told = {each["pk"]["S"]: each for each in dynamodb.scan(TableName="AlertsTable")["Items"]}
    assert set(told) == {"ada", "ben"}
    assert told["ben"]["kind"] == {"S": "leader_unheard"}


def test_one_key_is_connected_once(call: Call) -> None:
    one = connect(call)
    again = call("POST", "/connections", WANTED)
    assert failed(again) == (422, "key_refused")
    assert one["account_id"] in again.text
    theirs = call("POST", "/connections", WANTED, user="ben")
    assert failed(theirs) == (422, "key_refused")
    assert one["account_id"] not in theirs.text


def test_a_paper_account_needs_no_key_and_has_none(call: Call) -> None:
    asked = {"venue": "okx", "paper": True, "label": "play", "terms": {"balance": "500"}}
    answer = call("POST", "/connections", asked)
    assert answer.status == 201
    one, key = answer.body["connection"], answer.body["key"]
    assert (one["paper"], one["venue"], one["label"], key) == (True, "paper:okx", "play", None)
    assert failed(call("PUT", path(one, "/key"), KEY)) == (409, "no_key")
    assert failed(call("POST", path(one, "/test"))) == (409, "no_key")
    assert call("POST", path(one, "/pause")).body["paused"]
    assert call("DELETE", path(one)).status == 204


@pytest.mark.parametrize(
    "more",
    [
        {"venue": "okx", "paper": True, "leads": True},
        {"venue": "no venue", "paper": True},
        {"venue": "okx", "paper": True, "terms": {"leverage": "500"}},
        {"venue": "okx"},
        {"venue": "okx", "key": KEY, "terms": {}},
        {"venue": "okx", "paper": True, "label": "a\u202eb"},
        {"venue": "okx", "key": {**KEY, "api_key": ""}},
        {"venue": "okx", "key": {**KEY, "api_key": "k\n"}},
    ],
)
def test_what_makes_no_sense_is_refused(call: Call, dynamodb: Any, more: Any) -> None:
    assert call("POST", "/connections", more).status == 422
    assert dynamodb.scan(TableName="AccountsTable")["Items"] == []
    assert dynamodb.scan(TableName="KeysTable")["Items"] == []


def test_connections_are_sorted_page_by_page(call: Call) -> None:
    for label in ("one", "three", "two"):
        made = {"venue": "okx", "paper": True, "label": label}
        assert call("POST", "/connections", made).status == 201
    query = {"sort": "label", "descending": "true", "limit": "2"}
    first = call("GET", "/connections", query=query).body
    rest = call("GET", "/connections", query={**query, "cursor": first["next"]}).body
    labels = [each["label"] for page in (first, rest) for each in page["connections"]]
    assert (labels, rest["next"]) == (["two", "three", "one"], None)
    as_usual = call("GET", "/connections").body
    assert [each["label"] for each in as_usual["connections"]] == ["one", "three", "two"]
    assert call("GET", "/connections", query={"cursor": first["next"]}).status == 422
