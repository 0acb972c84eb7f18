"""Who looked at an account or changed it: its owner reads all of it, and nobody's name."""

from typing import Any

import pytest

from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.trail import Action, Verb
from pilotfish.usecases.own_trail import OwnTrail
from tests.fakes.halting import MemoryTrail
from tests.fakes.keyring import MemoryRegister
from tests.fakes.tables import Tables
from tests.handlers.api.conftest import Answer, Call


@pytest.fixture
def account(call: Call) -> str:
    """Ada's, on paper, which needs nobody next door."""
    made = call("POST", "/connections", {"venue": "okx", "paper": True})
    account_id: str = made.body["connection"]["account_id"]
    return account_id


def trail(call: Call, account_id: str, **query: str) -> Answer:
    return call("GET", f"/accounts/{account_id}/trail", query=query)


def told(answer: Answer) -> list[tuple[str, str, str]]:
    return [(each["by"], each["verb"], each["why"]) for each in answer.body["lines"]]


def test_what_an_owner_does_is_on_the_trail(call: Call, account: str) -> None:
    path = f"/connections/{account}"
    assert call("PATCH", path, {"label": "play"}, if_match='"0"').status == 200
    assert call("POST", f"{path}/pause").status == 200
    assert call("POST", f"{path}/resume").status == 200
    assert call("POST", f"/paper/{account}/reset", {}).status == 200
    verbs = [verb for by, verb, _ in told(trail(call, account)) if by == "owner"]
    assert verbs == ["reset", "resume", "pause", "rename", "connect"]


def test_what_was_refused_is_not(call: Call, account: str) -> None:
    path = f"/connections/{account}"
    assert call("PATCH", path, {"label": "play"}, if_match='"9"').status == 412
    assert call("POST", f"{path}/pause", user="ben").status == 404
    assert call("PUT", f"{path}/key", {"api_key": "k", "secret": "s"}).status == 409
    assert [verb for _, verb, _ in told(trail(call, account))] == ["connect"]


def test_an_operator_s_look_is_there_with_its_reason_and_no_name(call: Call, account: str) -> None:
    query = {"account_id": account, "why": "ticket 7"}
    looked = call("GET", "/operations/trades", query=query, user="olga", operator=True)
    assert looked.status == 200
    halt = {"scope": f"leader:{account}", "why": "odd prices"}
    call("POST", "/operations/halts", halt, user="olga", operator=True)
    answer = trail(call, account)
    assert told(answer)[:2] == [
        ("operator", "halt", "odd prices"),
        ("operator", "look", "ticket 7"),
    ]
    assert "olga" not in answer.text
    assert trail(call, account, limit="1").body["lines"][0]["detail"] == f"leader:{account}"


def test_it_is_read_page_by_page(call: Call, account: str) -> None:
    for number in range(4):
        query = {"account_id": account, "why": f"ticket {number}"}
        call("GET", "/operations/trades", query=query, user="olga", operator=True)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = trail(call, account, limit="2", cursor=cursor)
        seen += [why for _, _, why in told(page)]
        cursor = page.body["next"]
    assert seen == ["ticket 3", "ticket 2", "ticket 1", "ticket 0", ""]
    for wrong in ("x", trail(call, account, limit="2").body["next"] + "A"):
        assert trail(call, account, cursor=wrong).status == 422


def test_operators_are_not_told_of_every_owner_s_doing(call: Call, account: str) -> None:
    listed = call("GET", "/operations/trail", user="olga", operator=True).body["actions"]
    assert listed == []
    query = {"subject": account}
    [own] = call("GET", "/operations/trail", query=query, user="olga", operator=True).body[
        "actions"
    ]
    assert (own["verb"], own["by"]) == ("connect", "ada")


def test_of_an_account_that_was_deleted_its_owner_reads_it(dynamodb: Any) -> None:
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.adapters.dynamo.trail import DynamoTrail
    from pilotfish.domain.managing import Connection

    register = DynamoRegister(dynamodb, "AccountsTable")
    register.open(Connection("gone", "ada", "okx"))
    dynamodb.update_item(
        TableName="AccountsTable",
        Key={"pk": {"S": "gone"}},
        UpdateExpression="SET deleted_ms = :now",
        ExpressionAttributeValues={":now": {"N": "7"}},
    )
    store = DynamoTrail(dynamodb, "TrailTable")
    store.append(Action("gone", 7, "a", "ada", Verb.DELETE, "", operator=False))
    assert [each.verb for each in OwnTrail(register, store)("ada", "gone").items] == [Verb.DELETE]


def test_somebody_else_s_is_as_none() -> None:
    tables = Tables()
    read = OwnTrail(MemoryRegister(tables), MemoryTrail(tables))
    with pytest.raises(NoSuchAccount):
        read("ada", "nobodys")
