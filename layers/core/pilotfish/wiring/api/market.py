"""Prices."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.market import MarketRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside
from pilotfish.wiring.api import watchlists
from pilotfish.wiring.live import waker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.look_up_prices import LookUpPrices


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> MarketRoutes:
    """Routes of the market."""

    @cache
    def look_up() -> "LookUpPrices":
        from pilotfish.adapters.dynamo.connections import DynamoConnections
        from pilotfish.adapters.dynamo.instruments import DynamoInstruments
        from pilotfish.adapters.dynamo.quotes import DynamoQuotes
        from pilotfish.usecases.find_market import FindMarket
        from pilotfish.usecases.look_up_prices import LookUpPrices

        venues = settings.venues.split(",")
        instruments = DynamoInstruments(dynamodb(), settings.instruments_table, outside.utc_ms)
        return LookUpPrices(
            known=DynamoQuotes(dynamodb(), settings.channel_log_table),
            demand=DynamoConnections(dynamodb(), settings.connections_table, outside.utc_ms),
            find_market=FindMarket(instruments=instruments, venues=venues),
            wake=waker(settings.market_function),
            venues=venues,
            clock=outside.utc_ms,
        )

    return MarketRoutes(look_up, watchlists.watch(settings, dynamodb))
