"""Builds what the WebSocket functions need, importing only what each of them uses."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pilotfish.settings import AuthorizerSettings, BroadcasterSettings, SocketSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.adapters.dynamo.tickets import DynamoTickets
    from pilotfish.ports import Push
    from pilotfish.usecases.broadcast import Broadcast
    from pilotfish.usecases.connect import Connect


def tickets(settings: AuthorizerSettings) -> "DynamoTickets":
    """The authorizer's only need."""
    from pilotfish.adapters.dynamo.tickets import DynamoTickets

    return DynamoTickets(outside.dynamodb(), settings.connections_table)


def connect(settings: SocketSettings) -> "Connect":
    """The socket's use case."""
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.sight import DynamoSight
    from pilotfish.usecases.connect import Connect

    client = outside.dynamodb()
    return Connect(
        subscriptions=DynamoConnections(client, settings.connections_table, outside.utc_ms),
        may_see=DynamoSight(client, settings.accounts_table, settings.follows_table),
        clock=outside.utc_ms,
    )


def push(
    settings: BroadcasterSettings, on_dropped: Callable[[Mapping[str, int]], None] = lambda _: None
) -> "Push":
    """Posts to connections; `on_dropped` hears how many frames were not taken, by reason."""
    from pilotfish.adapters.push import socket_push

    return socket_push(settings.socket_endpoint, on_dropped=on_dropped)


def broadcast(
    settings: BroadcasterSettings, on_dropped: Callable[[Mapping[str, int]], None]
) -> "Broadcast":
    """The broadcaster's use case."""
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.usecases.broadcast import Broadcast

    return Broadcast(
        subscribers=DynamoConnections(
            outside.dynamodb(), settings.connections_table, outside.utc_ms
        ),
        push=push(settings, on_dropped),
    )
