"""What holds for every route: who is let in, how errors are told, what is done only once."""

import json
from types import ModuleType
from typing import Any

import pytest
from openapi_spec_validator import validate

from pilotfish.api import pace
from scripts.openapi import TARGET, document, rendered
from tests.handlers.api.conftest import Answer, Call, Context, event


def problem(answer: Answer) -> Any:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == answer.status
    return answer.body


@pytest.mark.parametrize(
    "claims", [{"token_use": "id"}, {"token_use": ""}, {"sub": ""}, {"token_use": "refresh"}]
)
def test_only_an_access_token_names_a_caller(call: Call, claims: dict[str, str]) -> None:
    answer = call("POST", "/tickets", claims=claims)
    assert problem(answer)["status"] == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_route_that_the_gateway_left_open_by_mistake_lets_nobody_in(call: Call) -> None:
    assert call("POST", "/tickets", user="").status == 401


def test_an_unknown_route_says_where_the_known_ones_are(call: Call) -> None:
    assert "/openapi.json" in problem(call("GET", "/nowhere"))["detail"]


def test_the_contract_in_the_repository_is_what_the_code_says() -> None:
    assert TARGET.read_text() == rendered(), "python -m scripts.openapi"


def test_the_contract_is_openapi() -> None:
    validate(document())


def test_the_contract_and_its_page_are_public(call: Call) -> None:
    assert call("GET", "/openapi.json", user="").body == document()
    page = call("GET", "/docs", user="")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script src=" not in page.text


def test_a_write_is_done_once_under_its_key(call: Call, dynamodb: Any) -> None:
    path = "/watchlists"
    first = call("POST", path, {"name": "mine", "markets": []}, idempotency_key="k1")
    again = call("POST", path, {"name": "mine", "markets": []}, idempotency_key="k1")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    other = call("POST", path, {"name": "another", "markets": []}, idempotency_key="k1")
    assert problem(other)["status"] == 422
    for ours in ({"user": "ben"}, {"idempotency_key": "k2"}):
        how = {"idempotency_key": "k1", **ours}
        assert call("POST", path, {"name": "mine", "markets": []}, **how).body != first.body


def test_a_key_is_of_a_sensible_length(call: Call) -> None:
    for key in ("", "k" * 201):
        assert problem(call("POST", "/watchlists", {}, idempotency_key=key))["status"] == 400


def test_a_ticket_is_never_kept(call: Call, dynamodb: Any) -> None:
    tickets = {call("POST", "/tickets", idempotency_key="k").body["ticket"] for _ in range(2)}
    assert len(tickets) == 2
    kept = json.dumps(dynamodb.scan(TableName="RequestsTable")["Items"])
    assert not any(ticket in kept for ticket in tickets)


def test_what_failed_may_be_tried_again_under_the_same_key(
    app: ModuleType, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = app.answer._resolve
    broken = lambda *_: {"statusCode": 503, "headers": {}, "body": "{}"}  # noqa: E731
    monkeypatch.setattr(app.answer, "_resolve", broken)
    asked = {"name": "mine", "markets": []}
    assert call("POST", "/watchlists", asked, idempotency_key="k").status == 503
    monkeypatch.setattr(app.answer, "_resolve", resolve)
    assert call("POST", "/watchlists", asked, idempotency_key="k").status == 201


def test_a_member_who_asks_too_often_is_told_when_to_come_back(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "PER_MINUTE", 3)
    monkeypatch.setattr(pace, "WINDOW_MS", 10**12)
    answers = [call("POST", "/tickets") for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert call("POST", "/tickets", user="ben").status == 201


def test_what_was_sent_is_in_no_answer_about_it_and_in_no_log(
    capsys: pytest.CaptureFixture[str], call: Call
) -> None:
    canary = "canary-7f3a"
    for body in ({"name": [canary]}, {"name": "a", "markets": canary}, f'{{"name": "{canary}'):
        answer = call("POST", "/watchlists", body)
        assert answer.status in (400, 422)
        assert canary not in answer.text
    assert canary not in capsys.readouterr().out


def test_an_error_of_ours_is_logged_by_its_place_and_not_by_its_text(
    capsys: pytest.CaptureFixture[str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pilotfish.adapters.dynamo.tickets import DynamoTickets

    def fail(*_: Any) -> str:
        raise RuntimeError("canary-7f3a")

    monkeypatch.setattr(DynamoTickets, "issue", fail)
    answer = call("POST", "/tickets")
    assert problem(answer)["status"] == 500
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged
    assert "canary-7f3a" not in answer.text + logged


def test_samples_of_the_api_are_answered(app: ModuleType) -> None:
    assert app.handler(event("GET", "/openapi.json", user=""), Context())["statusCode"] == 200
