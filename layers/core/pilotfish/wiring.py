"""Builds each function's use case from its settings, importing only what that function needs."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from pilotfish.clock import utc_ms
from pilotfish.settings import (
    ExecutorSettings,
    ExitSyncSettings,
    InstrumentsSettings,
    MapperSettings,
    PollerSettings,
    ReconcileSettings,
    ReplaySettings,
    SweepSettings,
    VenueSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.domain.accounts import Account
    from pilotfish.ports import Lease, Venues
    from pilotfish.usecases.execute import Execute
    from pilotfish.usecases.listen import Listener
    from pilotfish.usecases.map_fill import MapFill
    from pilotfish.usecases.poll import Poll
    from pilotfish.usecases.publish_instruments import PublishInstruments
    from pilotfish.usecases.reconcile import Reconcile
    from pilotfish.usecases.replay_batch import ReplayBatch
    from pilotfish.usecases.retry import RetryOrder
    from pilotfish.usecases.sweep import Sweep
    from pilotfish.usecases.sync_exit import SyncExit

# Throttling slows the work and loses nothing: the SDK waits, and the stream delivers again.
AWS = Config(
    retries={"mode": "standard", "total_max_attempts": 6},
    connect_timeout=3,
    read_timeout=10,
    tcp_keepalive=True,
    max_pool_connections=32,
    parameter_validation=False,  # A tenth of a call's CPU; the contract suite sends every call.
)
SHARD_THREADS = 4


def dynamodb() -> "DynamoDBClient":
    """A client with our retries and time limits."""
    return boto3.client("dynamodb", config=AWS)


def venues(settings: VenueSettings) -> "Venues":
    """Accounts on venues, opened with their sealed keys."""
    from pilotfish.adapters.keys import KeyOpener
    from pilotfish_venues.endpoints import parse_endpoints
    from pilotfish_venues.pool import CcxtVenues

    opener = KeyOpener(boto3.client("kms", config=AWS), settings.key_id)
    return CcxtVenues(parse_endpoints(settings.venue_endpoints), opener)


def poll(settings: PollerSettings) -> "Poll":
    """The poller's use case."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.cursors import DynamoCursors
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.leases import DynamoLeases
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.listen import Listener
    from pilotfish.usecases.poll import Poll

    client = dynamodb()
    opened = venues(settings)
    fills = DynamoFills(
        client,
        settings.fills_table,
        positions_table=settings.positions_table,
        leases_table=settings.leases_table,
    )
    cursors = DynamoCursors(client, settings.cursors_table, settings.leases_table)
    positions = DynamoPositions(client, settings.positions_table, settings.leases_table)

    def listener(account: "Account", lease: "Lease") -> "Listener":
        return Listener(
            account,
            lease,
            venues=opened,
            fills=fills,
            cursors=cursors,
            positions=positions,
            clock=utc_ms,
        )

    return Poll(
        leases=DynamoLeases(client, settings.leases_table),
        accounts=DynamoAccounts(client, settings.accounts_table, utc_ms),
        listener=listener,
        clock=utc_ms,
    )


def map_fill(settings: MapperSettings) -> "MapFill":
    """The mapper's use case."""
    from pilotfish.adapters.saga import StepFunctionsExitSyncs
    from pilotfish.usecases.map_fill import MapFill

    states = boto3.client("stepfunctions", config=AWS)
    return MapFill(
        **_deciding(dynamodb(), settings),
        exit_syncs=StepFunctionsExitSyncs(states, settings.exit_sync_arn),
    )


def sync_exit(settings: ExitSyncSettings) -> "SyncExit":
    """The task of the `exit_sync` saga."""
    from pilotfish.adapters.dynamo.orders import DynamoOrders
    from pilotfish.usecases.sync_exit import SyncExit

    client = dynamodb()
    orders = DynamoOrders(
        client,
        settings.copy_orders_table,
        follows_table=settings.follows_table,
        positions_table=settings.positions_table,
    )
    return SyncExit(**_deciding(client, settings), orders=orders)


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
        "instruments": DynamoInstruments(client, settings.instruments_table, utc_ms),
        "clock": utc_ms,
        "pool": ThreadPoolExecutor(SHARD_THREADS),
    }


def _execution(settings: ExecutorSettings) -> dict[str, Any]:
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.orders import DynamoOrders

    client = dynamodb()
    orders = DynamoOrders(
        client,
        settings.copy_orders_table,
        follows_table=settings.follows_table,
        positions_table=settings.positions_table,
    )
    accounts = DynamoAccounts(client, settings.accounts_table, utc_ms)
    return {"orders": orders, "accounts": accounts, "venues": venues(settings), "clock": utc_ms}


def execute(settings: ExecutorSettings) -> "Execute":
    """The executor's use case."""
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.execute import Execute

    retries = StepFunctionsRetries(
        boto3.client("stepfunctions", config=AWS), settings.retry_order_arn, utc_ms
    )
    return Execute(**_execution(settings), retries=retries)


def retry_order(settings: ExecutorSettings) -> "RetryOrder":
    """The task of the `retry_order` saga, which never starts another one."""
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.execute import Execute
    from pilotfish.usecases.retry import RetryOrder

    parts = _execution(settings)
    retries = StepFunctionsRetries(
        boto3.client("stepfunctions", config=AWS), settings.retry_order_arn, utc_ms
    )
    return RetryOrder(**parts, execute=Execute(**parts, retries=retries))


def replay(settings: ReplaySettings) -> "ReplayBatch":
    """The replay's use case: it looks at venues and at the books, and starts sagas."""
    from pilotfish.adapters.dynamo.audit import DynamoAudit
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.adapters.dynamo.replays import DynamoReplays
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.look_again import LookAgain
    from pilotfish.usecases.replay import Replay
    from pilotfish.usecases.replay_batch import ReplayBatch

    client, parts = dynamodb(), _execution(settings)
    opened = parts.pop("venues")
    states = boto3.client("stepfunctions", config=AWS)
    one = Replay(
        **parts,
        fills=DynamoFills(client, settings.fills_table),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        positions=DynamoPositions(client, settings.positions_table),
        replays=DynamoReplays(
            client,
            ledgers_table=settings.ledgers_table,
            orders_table=settings.copy_orders_table,
            positions_table=settings.positions_table,
        ),
        retries=StepFunctionsRetries(states, settings.retry_order_arn, utc_ms),
        look_again=LookAgain(parts["accounts"], opened, utc_ms),
    )
    audit = DynamoAudit(client, settings.copy_orders_table)
    return ReplayBatch(orders=parts["orders"], audit=audit, replay=one)


def reconcile(settings: ReconcileSettings) -> "Reconcile":
    """The reconciliation's use case: it asks venues what is held, and sends nothing."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.audit import DynamoAudit
    from pilotfish.adapters.dynamo.drifts import DynamoDrifts
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.orders import DynamoOrders
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.compare import Compare
    from pilotfish.usecases.reconcile import Reconcile
    from pilotfish.usecases.settle_drift import SettleDrift

    client = dynamodb()
    orders = DynamoOrders(
        client,
        settings.copy_orders_table,
        follows_table=settings.follows_table,
        positions_table=settings.positions_table,
    )
    compare = Compare(
        positions=DynamoPositions(client, settings.positions_table),
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        orders=orders,
        instruments=DynamoInstruments(client, settings.instruments_table, utc_ms),
    )
    drifts = DynamoDrifts(
        client,
        ledgers_table=settings.ledgers_table,
        orders_table=settings.copy_orders_table,
        positions_table=settings.positions_table,
    )
    audit = DynamoAudit(client, settings.copy_orders_table)
    return Reconcile(
        accounts=DynamoAccounts(client, settings.accounts_table, utc_ms),
        venues=venues(settings),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        compare=compare,
        settle_drift=SettleDrift(compare=compare, drifts=drifts, audit=audit, clock=utc_ms),
    )


def sweep(settings: SweepSettings) -> "Sweep":
    """The sweep's use case; `follows_table` and the venues are never touched by it."""
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.orders import DynamoOrders
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.sweep import Sweep

    client = dynamodb()
    return Sweep(
        fills=DynamoFills(client, settings.fills_table),
        orders=DynamoOrders(
            client,
            settings.copy_orders_table,
            follows_table=settings.follows_table,
            positions_table=settings.positions_table,
        ),
        map_fill=map_fill(settings),
        retries=StepFunctionsRetries(
            boto3.client("stepfunctions", config=AWS), settings.retry_order_arn, utc_ms
        ),
        clock=utc_ms,
    )


def publish_instruments(settings: InstrumentsSettings) -> "PublishInstruments":
    """The instruments function's use case: public market data, no key."""
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.domain.accounts import Account, Credentials
    from pilotfish.usecases.publish_instruments import PublishInstruments
    from pilotfish_venues.endpoints import parse_endpoints
    from pilotfish_venues.pool import CcxtVenues

    async def no_key(account: Account) -> Credentials:
        raise PermissionError(f"this function may not open the key of {account.account_id}")

    return PublishInstruments(
        venues=CcxtVenues(parse_endpoints(settings.venue_endpoints), no_key),
        instruments=DynamoInstruments(dynamodb(), settings.instruments_table, utc_ms),
        clock=utc_ms,
    )
