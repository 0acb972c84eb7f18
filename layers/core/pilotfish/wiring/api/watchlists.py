"""Watchlists."""

import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.watchlists import DynamoWatchlists
from pilotfish.api.routes.watchlists import WatchlistRoutes
from pilotfish.settings import ApiSettings
from pilotfish.usecases.watch_markets import WatchMarkets
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> WatchlistRoutes:
    """Routes of watchlists."""
    return WatchlistRoutes(watch(settings, dynamodb))


def watch(
    settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]"
) -> Callable[[], WatchMarkets]:
    """Users' lists, built when they are first needed."""

    @cache
    def built() -> WatchMarkets:
        return WatchMarkets(
            watchlists=DynamoWatchlists(dynamodb(), settings.watchlists_table),
            clock=outside.utc_ms,
            new_id=lambda: secrets.token_hex(8),
        )

    return built
