"""What decides: fills, exits that are followed to their end, and what was left behind."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pilotfish.settings import ExitSyncSettings, MapperSettings, SweepSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.map_fill import MapFill
    from pilotfish.usecases.raise_alerts import RaiseAlerts
    from pilotfish.usecases.sweep import Sweep
    from pilotfish.usecases.sync_exit import SyncExit

SHARD_THREADS = 4


def map_fill(settings: MapperSettings) -> "MapFill":
    """The mapper's use case."""
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.adapters.saga import StepFunctionsExitSyncs
    from pilotfish.usecases.map_fill import MapFill
    from pilotfish.wiring.live import waker

    client, states = outside.dynamodb(), outside.states()
    return MapFill(
        **_deciding(client, settings),
        wallets=DynamoWallets(client, settings.wallets_table),
        exit_syncs=StepFunctionsExitSyncs(states, settings.exit_sync_arn),
        wake=waker(settings.waits_function),
    )


def alerts(settings: ExitSyncSettings) -> "RaiseAlerts":
    """Whose follow it is should see what it still holds."""
    return outside.alerts(outside.dynamodb(), settings)


def sync_exit(settings: ExitSyncSettings) -> "SyncExit":
    """The task of the `exit_sync` saga."""
    from pilotfish.usecases.sync_exit import SyncExit

    client = outside.dynamodb()
    orders = outside.orders(client, settings)
    return SyncExit(**_deciding(client, settings), orders=orders)


def sweep(settings: SweepSettings) -> "Sweep":
    """The sweep's use case; `follows_table` and the venues are never touched by it."""
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.sweep import Sweep

    client = outside.dynamodb()
    return Sweep(
        fills=DynamoFills(client, settings.fills_table),
        orders=outside.orders(client, settings),
        map_fill=map_fill(settings),
        retries=StepFunctionsRetries(outside.states(), settings.retry_order_arn, outside.utc_ms),
        clock=outside.utc_ms,
    )


def _deciding(client: "DynamoDBClient", settings: ExitSyncSettings) -> dict[str, Any]:
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.positions import DynamoPositions

    return {
        "fills": DynamoFills(client, settings.fills_table),
        "follows": DynamoFollows(client, settings.follows_table, settings.accounts_table),
        "ledgers": DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        "positions": DynamoPositions(client, settings.positions_table),
        "instruments": DynamoInstruments(client, settings.instruments_table, outside.utc_ms),
        "clock": outside.utc_ms,
        "pool": ThreadPoolExecutor(SHARD_THREADS),
    }
