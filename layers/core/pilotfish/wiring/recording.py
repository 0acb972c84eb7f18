"""What keeps track records."""

from typing import TYPE_CHECKING

from pilotfish.settings import RecordsSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.usecases.keep_records import KeepRecords


def keep_records(settings: RecordsSettings) -> "KeepRecords":
    """Tables alone: prices are those that somebody looked at."""
    from pilotfish.adapters.dynamo.corrections import DynamoCorrections
    from pilotfish.adapters.dynamo.executed import DynamoExecuted
    from pilotfish.adapters.dynamo.fee_statements import DynamoFeeStatements
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.leaders import DynamoLeaders
    from pilotfish.adapters.dynamo.payments import DynamoPayments
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.adapters.dynamo.quotes import DynamoQuotes
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.usecases.count_copies import CountCopies
    from pilotfish.usecases.count_fills import CountFills
    from pilotfish.usecases.keep_follows import KeepFollows
    from pilotfish.usecases.keep_records import KeepRecords
    from pilotfish.usecases.latest_prices import LatestPrices

    client, clock = outside.dynamodb(), outside.utc_ms
    executed = DynamoExecuted(
        client, fills_table=settings.fills_table, copy_orders_table=settings.copy_orders_table
    )
    records = DynamoTrackRecords(client, settings.track_records_table)
    payments = DynamoPayments(client, settings.track_records_table)
    wallets = DynamoWallets(client, settings.wallets_table)
    quotes = DynamoQuotes(client, settings.channel_log_table)
    return KeepRecords(
        register=DynamoRegister(client, settings.accounts_table),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        leaders=DynamoLeaders(client, settings.leaders_table),
        wallets=wallets,
        records=records,
        count_fills=CountFills(
            executed=executed,
            corrections=DynamoCorrections(client, settings.corrections_table),
            sessions=DynamoSyncSessions(client, settings.sync_sessions_table),
            positions=DynamoPositions(client, settings.positions_table),
            records=records,
            payments=payments,
            clock=clock,
        ),
        keep_follows=KeepFollows(
            records=records,
            statements=DynamoFeeStatements(client, settings.track_records_table),
            count_copies=CountCopies(executed=executed, records=records, payments=payments),
            payments=payments,
            wallets=wallets,
            clock=clock,
        ),
        payments=payments,
        prices=lambda: LatestPrices(quotes, clock),
        clock=clock,
    )
