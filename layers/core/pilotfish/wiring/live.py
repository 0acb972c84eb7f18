"""Builds what the WebSocket functions need, importing only what each of them uses."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pilotfish.settings import (
    AuthorizerSettings,
    BroadcasterSettings,
    ChannelSettings,
    OwnSettings,
)
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.adapters.dynamo.alerts import DynamoAlerts
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.own import DynamoOwn
    from pilotfish.adapters.push import SocketPush
    from pilotfish.usecases.admit import Admit
    from pilotfish.usecases.broadcast import Broadcast
    from pilotfish.usecases.live_wallets import LiveWallets
    from pilotfish.usecases.read_books import ReadBooks


def admission(settings: AuthorizerSettings) -> "Admit":
    """The authorizer's only need."""
    from pilotfish.adapters.dynamo.tickets import DynamoTickets
    from pilotfish.adapters.tokens import Tokens
    from pilotfish.usecases.admit import Admit

    return Admit(
        tickets=DynamoTickets(outside.dynamodb(), settings.connections_table),
        tokens=Tokens(settings.token_issuer, settings.token_audience, settings.token_keys),
    )


def connections(client: "DynamoDBClient", settings: ChannelSettings) -> "DynamoConnections":
    """Who listens to what."""
    from pilotfish.adapters.dynamo.connections import DynamoConnections

    return DynamoConnections(client, settings.connections_table, outside.utc_ms)


def own(client: "DynamoDBClient", settings: OwnSettings) -> "DynamoOwn":
    """What users own."""
    from pilotfish.adapters.dynamo.own import DynamoOwn

    return DynamoOwn(
        client,
        accounts_table=settings.accounts_table,
        follows_table=settings.follows_table,
        fills_table=settings.fills_table,
        copy_orders_table=settings.copy_orders_table,
    )


def books(client: "DynamoDBClient", settings: OwnSettings) -> "ReadBooks":
    """What users hold."""
    from pilotfish.adapters.dynamo.kept_books import DynamoKeptBooks
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.read_books import ReadBooks

    return ReadBooks(
        own=own(client, settings),
        positions=DynamoPositions(client, settings.positions_table),
        kept=DynamoKeptBooks(client, settings.channel_log_table, outside.utc_ms),
    )


def wallets(client: "DynamoDBClient", settings: OwnSettings) -> "LiveWallets":
    """What users have."""
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.usecases.live_wallets import LiveWallets

    return LiveWallets(
        own=own(client, settings),
        wallets=DynamoWallets(client, settings.wallets_table),
        clock=outside.utc_ms,
    )


def push(settings: ChannelSettings) -> "SocketPush":
    """Posts to connections."""
    from pilotfish.adapters.push import socket_push

    return socket_push(settings.socket_endpoint)


def alerts(settings: BroadcasterSettings) -> "DynamoAlerts":
    """Where notices are kept."""
    from pilotfish.adapters.dynamo.alerts import DynamoAlerts

    return DynamoAlerts(outside.dynamodb(), settings.alerts_table)


def broadcast(settings: BroadcasterSettings) -> "Broadcast":
    """The broadcaster's use case."""
    from pilotfish.adapters.dynamo.channel_log import DynamoChannelLog
    from pilotfish.usecases.broadcast import Broadcast

    client = outside.dynamodb()
    return Broadcast(
        subscribers=connections(client, settings),
        log=DynamoChannelLog(client, settings.channel_log_table, outside.utc_ms),
        push=push(settings),
        clock=outside.utc_ms,
    )


def waker(function: str) -> Callable[[], None]:
    """Starts a function without waiting for it; it sees to it that it runs only once."""
    if not function:
        return lambda: None

    def wake() -> None:
        import boto3

        boto3.client("lambda", config=outside.AWS).invoke(
            FunctionName=function, InvocationType="Event", Payload=b'{"woken": true}'
        )

    return wake
