"""Track records, portfolios and statements over HTTP: everybody's own, and public leaders'."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.fee_statements import DynamoFeeStatements
from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
from pilotfish.adapters.dynamo.wallets import DynamoWallets
from pilotfish.domain.accounts import Account
from pilotfish.domain.fees import Statement, month_of
from pilotfish.domain.leaders import Leader, Profile, Visibility
from pilotfish.domain.performance.counting import Ended, Head
from pilotfish.domain.performance.days import Day, day_after, day_of
from pilotfish.domain.performance.following import Followed, copies_of
from pilotfish.domain.performance.records import (
    Followers,
    track_record,
)
from pilotfish.domain.places import Place
from pilotfish.domain.places import cursor as cursor_of
from pilotfish.domain.wallets import Wallet
from tests.handlers.api.conftest import Call

NOW_MS = 1_767_960_000_000  # noon of 2026-01-09: no test is split by a midnight
TODAY = day_of(NOW_MS)
YESTERDAY = day_after(TODAY, -1)


def a_day(day: str, realized: int) -> Day:
    return Day(day, realized=Decimal(realized), need=Decimal(100), deals=2, trades=1, wins=1)


def clock() -> int:
    return NOW_MS


@pytest.fixture(autouse=True)
def kept(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> DynamoTrackRecords:
    """Ada leads and follows; the records of both are kept."""
    monkeypatch.setattr("pilotfish.wiring.outside.utc_ms", clock)
    accounts = DynamoAccounts(dynamodb, "AccountsTable", clock)
    accounts.save(Account("ada-leads", "ada", "okx", b"sealed", listen_shard="0"))
    accounts.save(Account("adas", "ada", "okx", b"sealed"))
    accounts.save(Account("bens", "ben", "okx", b"sealed"))
    leaders = DynamoLeaders(dynamodb, "LeadersTable")
    leaders.save(Leader("ada-leads", "ada", "okx", Profile("Ada"), published_ms=1))
    records = DynamoTrackRecords(dynamodb, "TrackRecordsTable")
    days = {YESTERDAY: a_day(YESTERDAY, 10), TODAY: a_day(TODAY, -4)}
    for place in ("ada-leads", "adas-follow"):
        head = Head(place, day=days[TODAY], share=Decimal("0.1"), revision=1)
        assert records.save(head, [Ended(days[YESTERDAY])])
    followers = Followers(3, Decimal(500), {"30d": Decimal(7)}, {"30d": 0.1}, 2)
    records.publish(track_record("ada-leads", days, NOW_MS, followers=followers))
    records.publish(track_record(copies_of("adas"), days, NOW_MS))
    row = Followed("adas-follow", "ada-leads", "adas", "ada", live=True, paper=False)
    records.save_followed(row)
    wallet = Wallet("adas", "okx", NOW_MS, {"USDT": Decimal(250)})
    DynamoWallets(dynamodb, "WalletsTable").save(wallet)
    return records


def test_a_public_leader_s_record_is_anybody_s_to_read(call: Call) -> None:
    told = call("GET", "/leaders/ada-leads/record", user="ben").body
    week = told["windows"]["7d"]
    assert (week["pnl"], week["base"], week["roi"], week["basis"]) == ("6", "100", 0.06, "capital")
    assert (week["trades"], week["complete"]) == (2, True)
    assert told["followers"]["pnl"] == {"30d": "7"}
    assert told["computed_ms"] == NOW_MS
    assert told["not_counted"] == ["funding"]


def test_a_leader_by_invitation_is_nobody_s_to_read(call: Call, dynamodb: Any) -> None:
    leaders = DynamoLeaders(dynamodb, "LeadersTable")
    hidden = Profile("Ada", visibility=Visibility.INVITED)
    shown = leaders.get("ada-leads")
    assert shown is not None
    leaders.save(Leader("ada-leads", "ada", "okx", hidden, 1, version=shown.version))
    for what in ("record", "equity", "calendar"):
        assert call("GET", f"/leaders/ada-leads/{what}", user="ben").status == 404
        assert call("GET", f"/leaders/ada-leads/{what}", user="ada").status == 200


def test_a_leader_that_was_never_computed_has_an_empty_record(call: Call, dynamodb: Any) -> None:
    leaders = DynamoLeaders(dynamodb, "LeadersTable")
    leaders.save(Leader("new", "ben", "okx", Profile("New"), published_ms=1))
    told = call("GET", "/leaders/new/record").body
    assert told["windows"]["all"]["roi"] is None
    assert told["since"] == ""


def test_an_account_that_follows_has_the_record_of_its_copies(call: Call) -> None:
    told = call("GET", "/accounts/adas/record").body
    assert told["windows"]["30d"]["pnl"] == "6"
    assert told["not_counted"] == ["funding"]
    assert told["followers"] is None
    assert told["paper"] is False


def test_what_is_on_paper_says_so(call: Call) -> None:
    made = call("POST", "/connections", {"venue": "okx", "paper": True}).body["connection"]
    account_id = made["account_id"]
    assert call("GET", f"/accounts/{account_id}/record").body["paper"] is True
    both = {"name": "Both", "accounts": ["adas", account_id]}
    path = f"/portfolios/{call('POST', '/portfolios', both).body['portfolio_id']}"
    assert call("GET", f"{path}/record").body["record"]["paper"] is True


def test_a_curve_goes_from_the_base_to_today(call: Call) -> None:
    told = call("GET", "/accounts/adas/equity", query={"window": "7d"}).body
    assert [(point["day"], point["equity"]) for point in told["points"]] == [
        (YESTERDAY, "110"),
        (TODAY, "106"),
    ]
    assert call("GET", "/accounts/adas/equity", query={"window": "1y"}).status == 422


def test_a_calendar_is_a_month_of_days(call: Call) -> None:
    month = month_of(YESTERDAY)
    told = call("GET", "/leaders/ada-leads/calendar", query={"month": month}).body
    assert told["days"][-1 if month != month_of(TODAY) else -2]["pnl"] == "10"
    assert call("GET", "/leaders/ada-leads/calendar", query={"month": "2026-13"}).status == 422
    this = call("GET", "/leaders/ada-leads/calendar").body
    assert this["month"] == month_of(TODAY)
    assert this["days"][-1]["pnl"] == "-4"


def test_accounts_stand_beside_one_another(call: Call) -> None:
    told = call("GET", "/performance", query={"window": "7d"}).body
    rows = {row["account_id"]: row for row in told["accounts"]}
    assert set(rows) == {"ada-leads", "adas"}
    assert (rows["adas"]["equity"], rows["adas"]["pnl"], rows["adas"]["roi"]) == ("250", "6", 0.06)
    assert rows["ada-leads"]["equity"] is None
    assert sorted(told["top_performers"]) == ["ada-leads", "adas"]
    assert len(call("GET", "/performance", query={"top": "1"}).body["top_performers"]) == 1
    assert call("GET", "/performance", user="cho").body["accounts"] == []


def test_a_portfolio_is_made_changed_read_and_deleted(call: Call) -> None:
    body = {"name": "Both", "accounts": ["adas", "ada-leads"]}
    made = call("POST", "/portfolios", body)
    assert (made.status, made.headers["ETag"]) == (201, '"1"')
    path = f"/portfolios/{made.body['portfolio_id']}"
    told = call("GET", f"{path}/record").body
    assert told["record"]["windows"]["7d"]["pnl"] == "12"
    assert {row["account_id"] for row in told["accounts"]} == {"adas", "ada-leads"}
    changed = call("PUT", path, {"name": "One", "accounts": ["adas"]}, if_match='"1"')
    assert (changed.body["name"], changed.headers["ETag"]) == ("One", '"2"')
    lost = call("PUT", path, {"name": "Lost", "accounts": ["adas"]}, if_match='"1"')
    assert lost.status == 412
    assert call("PUT", path, {"name": "Lost", "accounts": ["adas"]}).status == 428
    assert [each["name"] for each in call("GET", "/portfolios").body["portfolios"]] == ["One"]
    assert call("DELETE", path).status == 204
    assert call("GET", path).status == 404


def test_a_portfolio_is_of_own_accounts_alone(call: Call) -> None:
    answer = call("POST", "/portfolios", {"name": "Ben's", "accounts": ["bens"]})
    assert answer.status == 422
    assert answer.body["errors"][0]["field"] == "body.accounts"
    nobodys = call("POST", "/portfolios", {"name": "Ben's", "accounts": ["none"]})
    assert nobodys.text == answer.text.replace("bens", "none")
    twice = call("POST", "/portfolios", {"name": "Twice", "accounts": ["adas", "adas"]})
    assert twice.status == 422


def a_statement(month: str, follow_id: str = "adas-follow", **more: Any) -> Statement:
    return Statement(
        *(follow_id, "ada-leads", "adas", "ada", month),
        *(Decimal("0.1"), Decimal(0), Decimal(50), 1),
        **more,
    )


def test_accounts_are_sorted_by_what_they_earned_page_by_page(
    call: Call, dynamodb: Any, kept: DynamoTrackRecords
) -> None:
    accounts = DynamoAccounts(dynamodb, "AccountsTable", clock)
    for name, earned in (("b", 40), ("c", -7), ("d", 40)):
        accounts.save(Account(name, "ada", "okx", b"sealed"))
        days = {TODAY: a_day(TODAY, earned)}
        kept.publish(track_record(copies_of(name), days, NOW_MS))
    asked = {"window": "7d", "sort": "pnl", "descending": "true", "limit": "2"}
    told, cursor = [], ""
    while cursor is not None:
        page = call("GET", "/performance", query={**asked, "cursor": cursor}).body
        told += [(row["account_id"], row["pnl"]) for row in page["accounts"]]
        assert page["top_performers"][:2] == ["b", "d"], "of all of them, on every page"
        cursor = page["next"]
    assert told == [("b", "40"), ("d", "40"), ("ada-leads", "6"), ("adas", "6"), ("c", "-7")]
    other = call("GET", "/performance", query={**asked, "sort": "roi", "cursor": "x"})
    assert (other.status, other.body["errors"][0]["field"]) == (422, "query.cursor")
    assert call("GET", "/performance", query={"sort": "secret"}).status == 422


def test_statements_come_page_by_page_the_newest_first(call: Call, dynamodb: Any) -> None:
    store = DynamoFeeStatements(dynamodb, "TrackRecordsTable")
    for month in ("2025-10", "2025-11", "2025-12"):
        for follow_id in ("adas-follow", "another"):
            store.add(a_statement(month, follow_id))
    store.estimate(a_statement("2026-01", closed=False))
    asked, told, cursor = {"limit": "3"}, [], ""
    while cursor is not None:
        page = call("GET", "/fees/statements", query={**asked, "cursor": cursor}).body
        told += [(row["month"], row["follow_id"], row["closed"]) for row in page["statements"]]
        cursor = page["next"]
    months = [
        (month, name, True)
        for month in ("2025-12", "2025-11", "2025-10")
        for name in ("another", "adas-follow")
    ]
    assert told == [("2026-01", "adas-follow", False), *months]
    first = call("GET", "/fees/statements", query=asked).body["next"]
    for other in ({"month": "2025-11"}, {"role": "leader"}):
        refused = call("GET", "/fees/statements", query={**other, "cursor": first})
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, "query.cursor")
    forged = cursor_of({"of": "owed", "owner": "ada", "month": "2025-11"}, Place("x", "2026-01"))
    told = call("GET", "/fees/statements", query={"month": "2025-11", "cursor": forged}).body
    assert {row["month"] for row in told["statements"]} == {"2025-11"}


def test_a_follower_sees_what_is_owed_for_the_month_that_runs(call: Call, dynamodb: Any) -> None:
    month = month_of(TODAY)
    DynamoFeeStatements(dynamodb, "TrackRecordsTable").estimate(a_statement(month, closed=False))
    [told] = call("GET", "/fees/statements", query={"month": month}).body["statements"]
    assert (told["follow_id"], told["closed"], told["share"]) == ("adas-follow", False, "0.1")
    assert call("GET", "/fees/statements", user="ben").body["statements"] == []


def test_a_leader_sees_what_is_owed_and_not_by_whom(call: Call, dynamodb: Any) -> None:
    made = Statement(
        *("bens-follow", "ada-leads", "bens", "ben", "2025-12"),
        *(Decimal("0.1"), Decimal(0), Decimal(50), 1),
        leader_owner="ada",
    )
    DynamoFeeStatements(dynamodb, "TrackRecordsTable").add(made)
    [told] = call("GET", "/fees/statements", query={"role": "leader"}).body["statements"]
    assert (told["fee"], told["follow_id"], told["account_id"]) == ("5.00", "bens-follow", "")
    assert "ben" not in {told["account_id"], told.get("owner")}
    none = call("GET", "/fees/statements", query={"role": "leader", "month": "2025-11"})
    assert none.body["statements"] == []
