"""A ticket lets one connection in, soon, and cannot be read from the table."""

from typing import Any

import pytest

from pilotfish.adapters.dynamo.tickets import TICKET_S, DynamoTickets
from pilotfish.domain.viewers import Viewer
from tests.contract.live.conftest import TABLE
from tests.unit.live.twins import Time


@pytest.fixture
def tickets(dynamodb: Any) -> DynamoTickets:
    return DynamoTickets(dynamodb, TABLE)


@pytest.mark.parametrize("viewer", [Viewer("ada", until_ms=9), Viewer("root", operator=True)])
def test_a_ticket_says_whose_it_is(tickets: DynamoTickets, clock: Time, viewer: Viewer) -> None:
    assert tickets.redeem(tickets.issue(viewer, clock()), clock()) == viewer


def test_a_ticket_works_once(tickets: DynamoTickets, clock: Time) -> None:
    ticket = tickets.issue(Viewer("ada"), clock())
    assert tickets.redeem(ticket, clock()) is not None
    assert tickets.redeem(ticket, clock()) is None


@pytest.mark.parametrize("unknown", ["", "guessed", "\ud800", "x" * 5_000])
def test_an_unknown_ticket_is_nobodys(tickets: DynamoTickets, clock: Time, unknown: str) -> None:
    tickets.issue(Viewer("ada"), clock())
    assert tickets.redeem(unknown, clock()) is None


def test_a_ticket_ends_on_time_though_its_row_is_still_there(
    tickets: DynamoTickets, clock: Time
) -> None:
    fresh, stale = (tickets.issue(Viewer("ada"), clock()) for _ in range(2))
    clock.now_ms += TICKET_S * 1000 - 1
    assert tickets.redeem(fresh, clock()) is not None
    clock.now_ms += 1
    assert tickets.redeem(stale, clock()) is None


def test_the_table_does_not_hold_the_ticket(
    dynamodb: Any, tickets: DynamoTickets, clock: Time
) -> None:
    ticket = tickets.issue(Viewer("ada"), clock())
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert ticket not in str(item)
    assert int(item["expires_at"]["N"]) > clock() // 1000 + TICKET_S
