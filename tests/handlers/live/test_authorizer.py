"""A connection is let in by a ticket, once."""

from typing import Any

import pytest

from pilotfish.adapters.dynamo.tickets import DynamoTickets
from pilotfish.clock import utc_ms
from pilotfish.domain.news import Viewer
from tests.contract.live.conftest import TABLE
from tests.handlers.conftest import Load, sample, samples


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
        (Viewer("ben"), {"user": "ben", "operator": "false"}),
        (Viewer("root", operator=True), {"user": "root", "operator": "true"}),
    ],
)
def test_a_ticket_opens_this_api_once_for_its_user(
    load: Load, dynamodb: Any, viewer: Viewer, context: dict[str, str]
) -> None:
    authorizer = load("authorizer")
    event = with_ticket(DynamoTickets(dynamodb, TABLE).issue(viewer, utc_ms()))
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


def test_the_ticket_is_not_logged(
    load: Load, dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tickets = [DynamoTickets(dynamodb, TABLE).issue(Viewer("ben"), utc_ms()), "guessed-canary"]
    authorizer = load("authorizer")
    for ticket in tickets:
        authorizer.handler(with_ticket(ticket), None)
    written = [record.__dict__ for record in caplog.records]
    assert [record["admitted"] for record in written] == [True, False]
    assert not any(ticket in str(written) for ticket in tickets)
