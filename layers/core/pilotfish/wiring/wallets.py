"""What reads wallets, and judges follows by them."""

from typing import TYPE_CHECKING

from pilotfish.settings import WalletsSettings
from pilotfish.wiring import outside
from pilotfish.wiring.following import close_copies

if TYPE_CHECKING:
    from pilotfish.usecases.read_payments import ReadPayments
    from pilotfish.usecases.read_wallets import ReadWallets
    from pilotfish.usecases.watch_losses import WatchLosses


def read_wallets(settings: WalletsSettings) -> "ReadWallets":
    """It asks venues what is there, and sends nothing."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.own import DynamoOwn
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.usecases.read_wallets import ReadWallets

    client = outside.dynamodb()
    return ReadWallets(
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        own=DynamoOwn(
            client, accounts_table=settings.accounts_table, follows_table=settings.follows_table
        ),
        demand=DynamoConnections(client, settings.connections_table, outside.utc_ms),
        venues=outside.venues(settings),
        wallets=DynamoWallets(client, settings.wallets_table),
        clock=outside.utc_ms,
    )


def read_payments(settings: WalletsSettings) -> "ReadPayments":
    """It asks the venues that were opened for wallets, and writes what they tell."""
    from pilotfish.adapters.dynamo.executed import DynamoExecuted
    from pilotfish.adapters.dynamo.payments import DynamoPayments
    from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
    from pilotfish.usecases.read_payments import ReadPayments

    client = outside.dynamodb()
    return ReadPayments(
        payments=DynamoPayments(client, settings.track_records_table),
        records=DynamoTrackRecords(client, settings.track_records_table),
        executed=DynamoExecuted(
            client, fills_table="", copy_orders_table=settings.copy_orders_table
        ),
        clock=outside.utc_ms,
    )


def watch_losses(settings: WalletsSettings) -> "WatchLosses":
    """It goes by the wallets that are read, and by what follows paid."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.alerts import DynamoAlerts
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.adapters.dynamo.watches import DynamoWatches
    from pilotfish.usecases.watch_losses import WatchLosses

    client = outside.dynamodb()
    return WatchLosses(
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        positions=DynamoPositions(client, settings.positions_table),
        wallets=DynamoWallets(client, settings.wallets_table),
        watches=DynamoWatches(client, settings.positions_table),
        notices=DynamoAlerts(client, settings.alerts_table),
        close=close_copies(client, settings),
        clock=outside.utc_ms,
    )
