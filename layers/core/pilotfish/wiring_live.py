"""Builds what the WebSocket functions need, importing only what each of them uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pilotfish.clock import utc_ms
from pilotfish.settings import AuthorizerSettings, BroadcasterSettings
from pilotfish.wiring import dynamodb

if TYPE_CHECKING:
    from pilotfish.adapters.dynamo.tickets import DynamoTickets
    from pilotfish.ports import Push
    from pilotfish.usecases.broadcast import Broadcast
    from pilotfish.usecases.connect import Connect


@dataclass(frozen=True, slots=True)
class SocketSettings(BroadcasterSettings):
    """Accounts and follows say whom a member may watch."""

    accounts_table: str
    follows_table: str


def tickets(settings: AuthorizerSettings) -> "DynamoTickets":
    """The authorizer's only need."""
    from pilotfish.adapters.dynamo.tickets import DynamoTickets

    return DynamoTickets(dynamodb(), settings.connections_table)


def connect(settings: SocketSettings) -> "Connect":
    """The socket's use case."""
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.sight import DynamoSight
    from pilotfish.usecases.connect import Connect

    client = dynamodb()
    return Connect(
        subscriptions=DynamoConnections(client, settings.connections_table, utc_ms),
        may_see=DynamoSight(client, settings.accounts_table, settings.follows_table),
        clock=utc_ms,
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
        subscribers=DynamoConnections(dynamodb(), settings.connections_table, utc_ms),
        push=push(settings, on_dropped),
    )
