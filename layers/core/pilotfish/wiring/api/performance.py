"""Track records, portfolios and statements."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.performance import PerformanceCases, PerformanceRoutes
from pilotfish.api.routes.portfolios import PortfolioCases, PortfolioRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.read_records import ReadRecords

Client = Callable[[], "DynamoDBClient"]


def group(settings: ApiSettings, dynamodb: Client) -> PerformanceRoutes:
    """Routes of track records and statements."""

    @cache
    def cases() -> PerformanceCases:
        from pilotfish.adapters.dynamo.fee_statements import DynamoFeeStatements
        from pilotfish.adapters.dynamo.leaders import DynamoLeaders
        from pilotfish.adapters.dynamo.sight import DynamoSight
        from pilotfish.usecases.discover import Discover
        from pilotfish.usecases.read_statements import ReadStatements

        client = dynamodb()
        return PerformanceCases(
            records=_records(settings, client),
            statements=ReadStatements(DynamoFeeStatements(client, settings.track_records_table)),
            discover=Discover(
                DynamoLeaders(client, settings.leaders_table),
                DynamoSight(client, settings.accounts_table, settings.follows_table),
            ),
            clock=outside.utc_ms,
        )

    return PerformanceRoutes(cases)


def portfolios(settings: ApiSettings, dynamodb: Client) -> PortfolioRoutes:
    """Routes of portfolios."""

    @cache
    def cases() -> PortfolioCases:
        import secrets

        from pilotfish.adapters.dynamo.portfolios import DynamoPortfolios
        from pilotfish.adapters.dynamo.register import DynamoRegister
        from pilotfish.usecases.manage_portfolios import ManagePortfolios

        client = dynamodb()
        manage = ManagePortfolios(
            portfolios=DynamoPortfolios(client, settings.portfolios_table),
            register=DynamoRegister(client, settings.accounts_table),
            clock=outside.utc_ms,
            new_id=lambda: secrets.token_hex(8),
        )
        return PortfolioCases(manage, _records(settings, client))

    return PortfolioRoutes(cases)


def _records(settings: ApiSettings, client: "DynamoDBClient") -> "ReadRecords":
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.usecases.read_records import ReadRecords

    return ReadRecords(
        records=DynamoTrackRecords(client, settings.track_records_table),
        register=DynamoRegister(client, settings.accounts_table),
        wallets=DynamoWallets(client, settings.wallets_table),
        clock=outside.utc_ms,
    )
