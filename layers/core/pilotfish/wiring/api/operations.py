"""What operators do, and how everything is."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.health import HealthRoutes
from pilotfish.api.routes.inspection import InspectionRoutes
from pilotfish.api.routes.operations import OperationRoutes, Operations
from pilotfish.settings import ApiSettings
from pilotfish.wiring import exporting, outside
from pilotfish.wiring.api.trails import keep_trail, new_number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.back_fills import BackFills
    from pilotfish.usecases.check_health import CheckHealth
    from pilotfish.usecases.clients import CountClients
    from pilotfish.usecases.halt import HaltEntries
    from pilotfish.usecases.inspect_account import InspectAccount
    from pilotfish.usecases.replay_orders import ReplayOrders

Client = Callable[[], "DynamoDBClient"]

# The gateway waits 30 seconds for an answer.
REPLAY_S = 25


def group(settings: ApiSettings, dynamodb: Client) -> OperationRoutes:
    """Routes of operators."""
    return OperationRoutes(
        Operations(
            halts=cache(lambda: _halts(settings, dynamodb)),
            trail=cache(lambda: keep_trail(settings, dynamodb())),
            replay=cache(lambda: _replay(settings, dynamodb)),
            clients=cache(lambda: _clients(settings, dynamodb)),
            syncs=cache(lambda: _syncs(settings, dynamodb)),
        )
    )


def inspection(settings: ApiSettings, dynamodb: Client) -> InspectionRoutes:
    """Routes of operators who look at anybody's records."""

    @cache
    def inspect() -> "InspectAccount":
        from pilotfish.adapters.dynamo.owners import DynamoOwners
        from pilotfish.usecases.inspect_account import InspectAccount

        return InspectAccount(
            lists=exporting.lists(dynamodb(), settings),
            owners=DynamoOwners(dynamodb(), settings.accounts_table, settings.follows_table),
            trail=keep_trail(settings, dynamodb()),
        )

    return InspectionRoutes(inspect)


def health(settings: ApiSettings, dynamodb: Client) -> HealthRoutes:
    """The route of health."""
    from pilotfish.adapters.dynamo.health import DynamoHealths
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions

    return HealthRoutes(
        check=cache(lambda: _check(settings, dynamodb)),
        connections=cache(lambda: DynamoRegister(dynamodb(), settings.accounts_table)),
        healths=cache(lambda: DynamoHealths(dynamodb(), settings.health_table)),
        syncs=cache(lambda: DynamoSyncSessions(dynamodb(), settings.sync_sessions_table)),
    )


def _halts(settings: ApiSettings, dynamodb: Client) -> "HaltEntries":
    from pilotfish.adapters.dynamo.halts import DynamoHalts
    from pilotfish.usecases.halt import HaltEntries

    return HaltEntries(
        halts=DynamoHalts(dynamodb(), settings.halts_table, settings.trail_table),
        clock=outside.utc_ms,
        new_number=new_number,
    )


def _replay(settings: ApiSettings, dynamodb: Client) -> "ReplayOrders":
    import boto3
    from botocore.config import Config

    from pilotfish.adapters.dynamo.records import DynamoRecords
    from pilotfish.adapters.replay_calls import LambdaReplays
    from pilotfish.usecases.replay_orders import ReplayOrders

    once = Config(read_timeout=REPLAY_S, connect_timeout=3, retries={"total_max_attempts": 1})
    orders = DynamoRecords(
        dynamodb(), fills_table=settings.fills_table, orders_table=settings.copy_orders_table
    )
    return ReplayOrders(
        replays=LambdaReplays(boto3.client("lambda", config=once), settings.replay_function),
        order_of=orders.order,
        trail=keep_trail(settings, dynamodb()),
    )


def _clients(settings: ApiSettings, dynamodb: Client) -> "CountClients":
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.sessions import DynamoSessions
    from pilotfish.usecases.clients import CountClients

    table = settings.connections_table
    return CountClients(
        sessions=DynamoSessions(dynamodb(), table),
        demanded=DynamoConnections(dynamodb(), table, outside.utc_ms),
        clock=outside.utc_ms,
    )


def _syncs(settings: ApiSettings, dynamodb: Client) -> "BackFills":
    """For looking alone: the API starts none."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.adapters.saga import StepFunctionsHistorySyncs
    from pilotfish.usecases.back_fills import BackFills

    return BackFills(
        accounts=DynamoAccounts(dynamodb(), settings.accounts_table, outside.utc_ms),
        sessions=DynamoSyncSessions(dynamodb(), settings.sync_sessions_table),
        history_syncs=StepFunctionsHistorySyncs(outside.states(), ""),
        clock=outside.utc_ms,
        new_id=new_number,
    )


def _check(settings: ApiSettings, dynamodb: Client) -> "CheckHealth":
    import boto3

    from pilotfish.adapters.dynamo.asides import DynamoAsides
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.halts import DynamoHalts
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.leases import DynamoLeases
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.adapters.queues import SqsDepths
    from pilotfish.usecases.check_health import CheckHealth, Signs

    client, clock = dynamodb(), outside.utc_ms
    queues = [url for url in settings.failure_queues.split(",") if url]
    signs = Signs(
        held_until=DynamoLeases(client, settings.leases_table).held_until,
        undecided=DynamoFills(client, settings.fills_table).undecided,
        stale=outside.orders(client, settings).stale,
        asides=DynamoAsides(client, settings.asides_table).open,
        syncs=DynamoSyncSessions(client, settings.sync_sessions_table).in_status,
        halts=DynamoHalts(client, settings.halts_table).standing,
        demanded=DynamoConnections(client, settings.connections_table, clock).demanded,
        published_ms=DynamoInstruments(client, settings.instruments_table, clock).published_ms,
        given_up=SqsDepths(boto3.client("sqs", config=outside.AWS), queues),
    )
    return CheckHealth(signs=signs, venues=settings.venues.split(","), clock=clock)
