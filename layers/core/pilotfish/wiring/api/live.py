"""Tickets, and commands of who polls."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.tickets import TICKET_S, DynamoTickets
from pilotfish.adapters.live_calls import LambdaLive
from pilotfish.api.routes.live import Live
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> Live:
    """Routes of the live API."""
    tickets = cache(lambda: DynamoTickets(dynamodb(), settings.connections_table))

    @cache
    def live() -> LambdaLive:
        import boto3

        return LambdaLive(boto3.client("lambda", config=outside.AWS), settings.socket_function)

    return Live(tickets, live, outside.utc_ms, TICKET_S * 1000)
