"""Leaders and follows over HTTP: publish, find, invite, follow, change, and stop."""

import io
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.adapters.dynamo.leases import DynamoLeases
from pilotfish.adapters.dynamo.positions import DynamoPositions
from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account
from pilotfish.domain.consents import RISKS
from pilotfish.domain.leaders import SORTS
from pilotfish.wiring.api import following
from tests.fakes.samples import PERPETUAL, an_instrument
from tests.handlers.api.conftest import Answer, Call
from tests.handlers.conftest import Load

PROFILE = {"name": "Ada", "text": "Trends,\nmostly.", "tags": ["swing"], "fee": "0.1"}
FOLLOW = {"leader_id": "adas", "account_id": "bens", "consent": RISKS.version}
ID = "bens~adas"


class Function:
    """The function `follow`, next door."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._app: Any = None
        self.fails = False

    def invoke(self, **request: Any) -> Any:
        if self.fails:
            return {"Payload": io.BytesIO(b'{"errorMessage": "timed out"}'), "FunctionError": "x"}
        self._app = self._app or self._load("follow")
        answer = self._app.handler(json.loads(request["Payload"]), SimpleNamespace())
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture(autouse=True)
def function(dynamodb: Any, load: Load, monkeypatch: pytest.MonkeyPatch) -> Function:
    found = Function(load)
    monkeypatch.setattr(following, "functions", lambda: found)
    return found


@pytest.fixture(autouse=True)
def accounts(dynamodb: Any) -> None:
    """Ada's, which is listened to, and one each of Ben's and Cho's."""
    store = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
    store.save(Account("adas", "ada", "okx", b"sealed", listen_shard="0"))
    store.save(Account("bens", "ben", "okx", b"sealed"))
    store.save(Account("chos", "cho", "okx", b"sealed"))
    DynamoInstruments(dynamodb, "InstrumentsTable", utc_ms).publish("okx", [an_instrument()], 0)
    listened_to(dynamodb, "adas")


def listened_to(dynamodb: Any, account_id: str) -> None:
    """As the poller does when it begins: nothing is held."""
    lease = DynamoLeases(dynamodb, "LeasesTable").acquire(account_id, "poller", utc_ms(), 60_000)
    assert lease is not None
    positions = DynamoPositions(dynamodb, "PositionsTable", "LeasesTable")
    positions.save_baseline(account_id, [], lease)


@pytest.fixture
def published(call: Call) -> Answer:
    return call("PUT", "/leaders/adas", PROFILE)


def begun(call: Call, **more: Any) -> Answer:
    return call("POST", "/follows", FOLLOW | more, user="ben")


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("code", "")


class TestLeaders:
    def test_an_account_is_published_changed_and_taken_back(self, call: Call) -> None:
        first = call("PUT", "/leaders/adas", PROFILE)
        assert (first.status, first.headers["ETag"]) == (201, '"1"')
        assert (first.body["name"], first.body["mine"], first.body["figures"]) == ("Ada", True, {})
        assert code(call("PUT", "/leaders/adas", PROFILE)) == (428, "")
        changed = call("PUT", "/leaders/adas", PROFILE | {"fee": "0.2"}, if_match='"1"')
        assert (changed.status, changed.body["fee"]) == (200, "0.2")
        seen = call("GET", "/leaders/adas", user="ben")
        assert (seen.body["fee"], seen.body["mine"]) == ("0.2", False)
        assert call("DELETE", "/leaders/adas", if_match='"1"').status == 412
        assert call("DELETE", "/leaders/adas", if_match='"2"').status == 204
        assert call("GET", "/leaders/adas", user="ben").status == 404
        assert call("GET", "/leaders/adas").body["published"] is False
        assert call("PUT", "/leaders/adas", PROFILE, if_match='"3"').status == 201

    @pytest.mark.parametrize("account_id", ["bens", "nobodys"])
    def test_nobody_publishes_what_is_another_s(self, call: Call, account_id: str) -> None:
        assert code(call("PUT", f"/leaders/{account_id}", PROFILE)) == (404, "")

    def test_who_is_not_listened_to_cannot_lead(self, call: Call) -> None:
        answer = call("PUT", "/leaders/bens", PROFILE, user="ben")
        assert code(answer) == (409, "cannot_lead")

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", "\ud800"), ("name", ""), ("fee", "0.6"), ("tags", ["A"]), ("text", "\u0007")],
    )
    def test_what_is_wrong_is_named(self, call: Call, field: str, value: Any) -> None:
        answer = call("PUT", "/leaders/adas", PROFILE | {field: value})
        assert answer.status == 422
        assert answer.body["errors"][0]["field"].startswith(f"body.{field}")

    def test_they_are_found_in_order_and_in_pages(
        self, call: Call, dynamodb: Any, published: Answer
    ) -> None:
        store = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
        leaders = DynamoLeaders(dynamodb, "LeadersTable")
        for number in range(5):
            store.save(Account(f"l{number}", "cho", "okx", b"sealed", listen_shard="0"))
            named = {"name": f"Cho {number}", "fee": f"0.{number}", "tags": ["grid"]}
            assert call("PUT", f"/leaders/l{number}", named, user="cho").status == 201
            leaders.save_figures(
                f"l{number}", {"roi_30d": Decimal(number - 2), "drawdown": Decimal(number)}, 5
            )
        best = call("GET", "/leaders", query={"sort": "roi_30d", "limit": "2"})
        assert [one["leader_id"] for one in best.body["leaders"]] == ["l4", "l3"]
        assert best.body["leaders"][0]["figures"]["roi_30d"] == "2"
        more = {"sort": "roi_30d", "limit": "9", "cursor": best.body["next"]}
        rest = call("GET", "/leaders", query=more)
        assert [one["leader_id"] for one in rest.body["leaders"]] == ["l2", "l1", "l0"]
        assert rest.body["next"] is None
        assert call("GET", "/leaders", query=more | {"sort": "newest"}).status == 422
        for query, found in (
            ({"search": "cho 3"}, ["l3"]),
            ({"tag": "swing"}, ["adas"]),
            ({"max_fee": "0.1", "sort": "drawdown"}, ["l0", "l1"]),
            ({"min_roi_30d": "1", "max_drawdown": "3"}, ["l3"]),
        ):
            page = call("GET", "/leaders", query=query)
            assert [one["leader_id"] for one in page.body["leaders"]] == found, page.text
        for sort in SORTS:
            assert call("GET", "/leaders", query={"sort": sort}).status == 200
        assert call("GET", "/leaders", query={"sort": "luck"}).status == 422


class TestInvitations:
    def test_a_code_lets_so_many_in(self, call: Call, published: Answer) -> None:
        hidden = PROFILE | {"visibility": "invited"}
        assert call("PUT", "/leaders/adas", hidden, if_match='"1"').status == 200
        assert call("GET", "/leaders", user="ben").body["leaders"] == []
        assert call("GET", "/leaders/adas", user="ben").status == 404
        assert code(begun(call)) == (409, "cannot_follow")

        made = call("POST", "/leaders/adas/invitations", {"uses": 1, "days": 2, "note": "Ben"})
        assert (made.status, made.body["invitation"]["left"]) == (201, 1)
        secret = made.body["code"]
        looked = call("POST", "/invitations", {"code": secret}, user="ben")
        assert (looked.status, looked.body["name"]) == (200, "Ada")
        assert begun(call, invitation=secret).status == 201
        assert begun(call, invitation=secret).status == 200
        cho = FOLLOW | {"account_id": "chos", "invitation": secret}
        assert code(call("POST", "/follows", cho, user="cho")) == (409, "cannot_follow")
        assert call("POST", "/invitations", {"code": secret}, user="cho").status == 404
        assert call("GET", "/leaders/adas", user="ben").status == 200
        [listed] = call("GET", "/leaders/adas/invitations").body["invitations"]
        assert (listed["left"], listed["note"]) == (0, "Ben")
        assert secret not in call("GET", "/leaders/adas/invitations").text

    def test_one_that_was_revoked_lets_nobody_in(self, call: Call, published: Answer) -> None:
        made = call("POST", "/leaders/adas/invitations", {}).body
        one = f"/leaders/adas/invitations/{made['invitation']['invitation_id']}"
        assert call("DELETE", one).status == 204
        assert call("POST", "/invitations", {"code": made["code"]}, user="ben").status == 404
        assert call("DELETE", f"{one}x").status == 404


class TestFollows:
    def test_from_its_first_day_to_its_last(
        self, call: Call, published: Answer, dynamodb: Any
    ) -> None:
        risks = call("GET", "/risks", user="ben").body
        assert (risks["version"], risks["text"]) == (RISKS.version, RISKS.text)
        first = begun(call, rules={"multiplier": 0.5, "max_slippage": "0.005"})
        assert (first.status, first.headers["ETag"]) == (201, '"0"')
        assert first.body["follow"]["rules"]["multiplier"] == "0.5"
        assert first.body["follow"]["consent"]["by"] == "ben"
        assert begun(call).status == 200
        [listed] = call("GET", "/follows", user="ben").body["follows"]
        assert listed == first.body["follow"]
        assert call("GET", "/follows").body["follows"] == []

        path = f"/follows/{ID}"
        changed = call("PUT", f"{path}/rules", {"rules": {}}, user="ben", if_match='"0"')
        assert (changed.status, changed.body["rules"]["multiplier"]) == (200, "1")
        again = call("PUT", f"{path}/rules", {"rules": {}}, user="ben", if_match='"0"')
        assert again.status == 412
        assert call("PUT", f"{path}/rules", {"rules": {}}, user="ben").status == 428
        assert call("POST", f"{path}/pause", user="ben").body["status"] == "paused"
        assert call("POST", f"{path}/resume", user="ben").body["status"] == "active"

        holds(dynamodb, ID, "2")
        [position] = call("GET", path, user="ben").body["positions"]
        assert position == {"symbol": PERPETUAL, "position_side": "net", "quantity": "2"}
        stop = {"how": "close_some", "positions": [PERPETUAL]}
        ended = call("POST", f"{path}/stop", stop, user="ben")
        assert (ended.status, ended.body["follow"]["closing"]) == (200, [f"{PERPETUAL}#net"])
        assert call("POST", f"{path}/resume", user="ben").status == 409
        assert code(begun(call)) == (409, "cannot_follow")
        kept = call("POST", f"{path}/stop", {"how": "keep"}, user="ben", if_match='"4"')
        assert (kept.status, kept.body["follow"]["closing"]) == (200, [])
        assert begun(call).body["follow"]["status"] == "active"

    @pytest.mark.parametrize(
        ("more", "found"),
        [
            ({"consent": ""}, (422, "no_consent")),
            ({"consent": "2020"}, (422, "no_consent")),
            ({"account_id": "chos"}, (409, "cannot_follow")),
            ({"account_id": "adas"}, (409, "cannot_follow")),
            ({"leader_id": "chos"}, (409, "cannot_follow")),
        ],
    )
    def test_what_cannot_be(
        self, call: Call, published: Answer, more: Any, found: tuple[int, str]
    ) -> None:
        assert code(begun(call, **more)) == found
        assert call("GET", "/follows", user="ben").body["follows"] == []

    @pytest.mark.parametrize(
        ("rules", "field"),
        [
            ({"multiplier": -1}, "multiplier"),
            ({"luck": 1}, "luck"),
            ({"symbols": {"A": ""}}, "symbols"),
            ({"multiplier": float("nan")}, "multiplier"),
        ],
    )
    def test_a_rule_that_is_wrong_is_named(
        self, call: Call, published: Answer, rules: Any, field: str
    ) -> None:
        answer = begun(call, rules=rules)
        assert answer.status == 422
        assert answer.body["errors"][0]["field"] == f"body.rules.{field}"

    def test_who_is_not_listened_to_yet_can_be_followed_in_a_moment(
        self, call: Call, published: Answer, dynamodb: Any
    ) -> None:
        store = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
        store.save(Account("new", "ada", "okx", b"sealed", listen_shard="0"))
        assert call("PUT", "/leaders/new", PROFILE).status == 201
        early = begun(call, leader_id="new")
        assert (early.status, early.headers["Retry-After"]) == (409, "5")
        assert early.headers["Content-Type"] == "application/problem+json"
        assert early.body == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "Not yet: nobody listens to new yet; try again in a moment.",
            "code": "not_ready",
        }
        assert call("GET", "/follows", user="ben").body["follows"] == []
        listened_to(dynamodb, "new")
        assert begun(call, leader_id="new").status == 201

    def test_a_leader_who_asks_for_more_than_is_there(self, call: Call, published: Answer) -> None:
        wants = PROFILE | {"minimum_equity": "1000"}
        assert call("PUT", "/leaders/adas", wants, if_match='"1"').status == 200
        assert code(begun(call)) == (409, "not_ready")

    def test_one_who_takes_nobody(self, call: Call, published: Answer) -> None:
        assert call("PUT", "/leaders/adas", PROFILE | {"open": False}, if_match='"1"').status == 200
        answer = begun(call)
        assert code(answer) == (409, "cannot_follow")
        assert "takes no new followers" in answer.body["detail"]

    def test_nobody_next_door(self, call: Call, published: Answer, function: Function) -> None:
        function.fails = True
        assert code(begun(call)) == (424, "not_done")

    def test_an_operator_sees_and_stops_anybody_s(self, call: Call, published: Answer) -> None:
        begun(call)
        assert call("GET", f"/follows/{ID}", user="root", operator=True).status == 200
        stop = call("POST", f"/follows/{ID}/stop", {"how": "keep"}, user="root", operator=True)
        assert stop.body["follow"]["status"] == "stopped"

    def test_who_did_what_to_a_follow_is_on_its_account_s_trail(
        self, call: Call, published: Answer
    ) -> None:
        begun(call)
        call("GET", f"/follows/{ID}", user="ben")
        call("POST", f"/follows/{ID}/pause", user="ben")
        call("GET", f"/follows/{ID}", user="root", operator=True)
        call("POST", f"/follows/{ID}/resume", user="root", operator=True)
        account_id = ID.partition("~")[0]
        answer = call("GET", f"/accounts/{account_id}/trail", user="ben")
        told = [(each["by"], each["verb"]) for each in answer.body["lines"]]
        assert told == [
            ("operator", "resume"),
            ("operator", "look"),
            ("owner", "pause"),
            ("owner", "follow"),
        ]
        assert {each["detail"] for each in answer.body["lines"]} == {f"follow {ID}"}
        assert "root" not in answer.text

    def test_many_sorted_in_pages(
        self, call: Call, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
        for number in range(4):
            store.save(Account(f"l{number}", "ben", "okx", b"sealed", listen_shard="0"))
            listened_to(dynamodb, f"l{number}")
            assert begun(call, leader_id=f"l{number}").status == 201
        found, after = [], ""
        query = {"sort": "leader", "descending": "true", "limit": "3"}
        while after is not None:
            page = call("GET", "/follows", query={**query, "cursor": after}, user="ben").body
            found += [each["leader_id"] for each in page["follows"]]
            after = page["next"]
        assert found == ["l3", "l2", "l1", "l0"]
        assert call("GET", "/follows", query={"sort": "leader"}, user="ada").body["follows"] == []
        wrong = call("GET", "/follows", query={"sort": "venue", "cursor": "x"}, user="ben")
        assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "query.cursor")
        monkeypatch.setattr("pilotfish.usecases.sorted_lists.SORTED", 3)
        many = call("GET", "/follows", query={"sort": "venue"}, user="ben")
        assert (many.status, many.body["errors"][0]["field"]) == (422, "query.sort")
        assert call("GET", "/follows", user="ben").status == 200

    def test_many_in_pages(self, call: Call, dynamodb: Any) -> None:
        store = DynamoAccounts(dynamodb, "AccountsTable", utc_ms)
        for number in range(5):
            leader = f"l{number}"
            store.save(Account(leader, "ben", "okx", b"sealed", listen_shard="0"))
            listened_to(dynamodb, leader)
            assert begun(call, leader_id=leader).status == 201
        found, after = [], ""
        while after is not None:
            query = {"limit": "2"} | ({"cursor": after} if after else {})
            page = call("GET", "/follows", user="ben", query=query).body
            found += [one["follow_id"] for one in page["follows"]]
            after = page["next"]
        assert found == [f"bens~l{number}" for number in range(5)]
        assert call("GET", "/follows", query={"cursor": "x"}).status == 422


def holds(dynamodb: Any, follow_id: str, quantity: str) -> None:
    """As its copies left it."""
    key = {"pk": {"S": follow_id}, "sk": {"S": f"{PERPETUAL}#net"}}
    row = {"copied": {"N": quantity}, "closable": {"N": quantity}}
    dynamodb.put_item(TableName="PositionsTable", Item=key | row)
    assert DynamoPositions(dynamodb, "PositionsTable").of_follow(follow_id)
