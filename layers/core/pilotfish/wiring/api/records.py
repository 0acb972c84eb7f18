"""Trades and copies."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.records import RecordRoutes
from pilotfish.settings import ApiSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.lists import Lists


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> RecordRoutes:
    """Routes of records."""
    return RecordRoutes(lists(settings, dynamodb))


def lists(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> "Callable[[], Lists]":
    """Owners' records, built when they are first needed."""

    @cache
    def built() -> "Lists":
        from pilotfish.adapters.dynamo.owners import DynamoOwners
        from pilotfish.adapters.dynamo.records import DynamoRecords
        from pilotfish.usecases.lists import Lists

        return Lists(
            records=DynamoRecords(
                dynamodb(),
                fills_table=settings.fills_table,
                orders_table=settings.copy_orders_table,
            ),
            owners=DynamoOwners(dynamodb(), settings.accounts_table, settings.follows_table),
        )

    return built
