"""A connection is let in by a ticket, once."""

from typing import Any

import pytest

from pilotfish.adapters.dynamo.tickets import DynamoTickets
from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Viewer
from tests.handlers.conftest import Load, sample, samples
from tests.unit.live.issuer import Issuer


def with_ticket(ticket: str) -> Any:
    event = sample("authorizer/ticket.json")
    event["queryStringParameters"]["ticket"] = ticket
    return event


def effect(answer: Any) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    return str(statement["Effect"])


@pytest.mark.parametrize(
    ("viewer", "context"),
    [
        (Viewer("ben"), {"user": "ben", "operator": "false", "until_ms": "0"}),
        (
            Viewer("root", operator=True, until_ms=2_000_000_000_000),
            {"user": "root", "operator": "true", "until_ms": "2000000000000"},
        ),
    ],
)
def test_a_ticket_opens_this_api_once_for_its_user(
    load: Load, dynamodb: Any, viewer: Viewer, context: dict[str, str]
) -> None:
    authorizer = load("authorizer")
    event = with_ticket(DynamoTickets(dynamodb, "ConnectionsTable").issue(viewer, utc_ms()))
    answer = authorizer.handler(event, None)
    assert answer == {
        "principalId": viewer.user,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": event["methodArn"],
                }
            ],
        },
        "context": context,
    }
    assert effect(authorizer.handler(event, None)) == "Deny"


@pytest.mark.parametrize("path", samples("authorizer"))
def test_a_ticket_that_was_never_issued_is_denied(load: Load, path: str) -> None:
    answer = load("authorizer").handler(sample(path), None)
    assert effect(answer) == "Deny"
    assert "context" not in answer


@pytest.mark.parametrize("parameters", [None, {}, {"token": "x"}])
def test_no_ticket_is_denied(load: Load, parameters: object) -> None:
    event = sample("authorizer/ticket.json") | {"queryStringParameters": parameters}
    assert effect(load("authorizer").handler(event, None)) == "Deny"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://app.example", "Allow"),
        ("https://evil.example", "Deny"),
        ("https://app.example.evil.example", "Deny"),
        ("null", "Deny"),
    ],
)
@pytest.mark.parametrize("header", ["Origin", "origin"])
def test_a_page_from_elsewhere_is_denied_with_whatever_ticket(
    load: Load, dynamodb: Any, header: str, origin: str, expected: str
) -> None:
    ticket = DynamoTickets(dynamodb, "ConnectionsTable").issue(Viewer("ben"), utc_ms())
    event = with_ticket(ticket)
    event["headers"][header] = origin
    assert effect(load("authorizer").handler(event, None)) == expected


def test_a_ticket_of_a_session_that_has_ended_is_denied(load: Load, dynamodb: Any) -> None:
    viewer = Viewer("ben", until_ms=utc_ms() - 1)
    ticket = DynamoTickets(dynamodb, "ConnectionsTable").issue(viewer, utc_ms())
    assert effect(load("authorizer").handler(with_ticket(ticket), None)) == "Deny"


def test_a_program_is_let_in_by_a_token_of_the_issuer_in_the_header_alone(
    load: Load, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    monkeypatch.setenv("TOKEN_ISSUER", issuer.url)
    monkeypatch.setenv("TOKEN_AUDIENCE", "client-1")
    authorizer = load("authorizer")
    monkeypatch.setattr(authorizer.admit._tokens, "_fetch", issuer.fetch)
    token = issuer.token(sub="ben", exp=utc_ms() // 1000 + 60)
    event = sample("authorizer/token.json")
    event["headers"]["Authorization"] = f"Bearer {token}"
    answer = authorizer.handler(event, None)
    assert effect(answer) == "Allow"
    assert answer["context"]["user"] == "ben"
    assert int(answer["context"]["until_ms"]) > utc_ms()
    event["headers"]["Authorization"] = f"Bearer {token[:-4]}AAAA"
    assert effect(authorizer.handler(event, None)) == "Deny"
    assert effect(authorizer.handler(with_ticket(token), None)) == "Deny"


def test_the_ticket_is_not_logged(
    load: Load, dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tickets = [
        DynamoTickets(dynamodb, "ConnectionsTable").issue(Viewer("ben"), utc_ms()),
        "guessed-canary",
    ]
    authorizer = load("authorizer")
    for ticket in tickets:
        authorizer.handler(with_ticket(ticket), None)
    written = [record.__dict__ for record in caplog.records]
    assert [record["admitted"] for record in written] == [True, False]
    assert not any(ticket in str(written) for ticket in tickets)
