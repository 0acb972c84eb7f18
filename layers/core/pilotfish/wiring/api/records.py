"""Trades and copies."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.records import RecordRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import exporting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> RecordRoutes:
    """Routes of records."""
    return RecordRoutes(cache(lambda: exporting.lists(dynamodb(), settings)))
