"""Dry runs: the tables alone."""

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from pilotfish.api.routes.dry_runs import DryRunCases, DryRunRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> DryRunRoutes:
    """Its one route."""

    @cache
    def cases() -> DryRunCases:
        from pilotfish.adapters.dynamo.fills import DynamoFills
        from pilotfish.adapters.dynamo.instruments import DynamoInstruments
        from pilotfish.adapters.dynamo.leaders import DynamoLeaders
        from pilotfish.adapters.dynamo.register import DynamoRegister
        from pilotfish.adapters.dynamo.sight import DynamoSight
        from pilotfish.adapters.dynamo.wallets import DynamoWallets
        from pilotfish.usecases.connections import owned
        from pilotfish.usecases.discover import Discover
        from pilotfish.usecases.dry_run import DryRun

        client = dynamodb()
        sight = DynamoSight(client, settings.accounts_table, settings.follows_table)
        leaders = DynamoLeaders(client, settings.leaders_table)
        return DryRunCases(
            leader=Discover(leaders, sight).one,
            account=partial(owned, DynamoRegister(client, settings.accounts_table)),
            rehearse=DryRun(
                fills=DynamoFills(client, settings.fills_table),
                instruments=DynamoInstruments(client, settings.instruments_table, outside.utc_ms),
                wallets=DynamoWallets(client, settings.wallets_table),
                clock=outside.utc_ms,
            ),
        )

    return DryRunRoutes(cases)
