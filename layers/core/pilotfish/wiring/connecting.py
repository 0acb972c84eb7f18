"""What tries keys and tells how connections are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pilotfish.settings import ConnectionsSettings
from pilotfish.wiring import outside
from pilotfish.wiring.reviewing import told

if TYPE_CHECKING:
    from pilotfish.usecases.connections import (
        ConnectAccount,
        ListConnections,
        PauseConnection,
        TryConnection,
    )

__all__ = ["Connecting", "connections", "told"]


@dataclass(frozen=True, slots=True)
class Connecting:
    """The use cases of the function `connections`."""

    listing: "ListConnections"
    trying: "TryConnection"
    connect: "ConnectAccount"
    pause: "PauseConnection"


def connections(settings: ConnectionsSettings) -> Connecting:
    """Opens keys and asks venues, and sends no order."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.health import DynamoHealths
    from pilotfish.usecases.connections import (
        ConnectAccount,
        ListConnections,
        PauseConnection,
        TryConnection,
    )

    client = outside.dynamodb()
    accounts = DynamoAccounts(client, settings.accounts_table, outside.utc_ms)
    trying = TryConnection(
        accounts=accounts,
        venues=outside.venues(settings),
        clock=outside.utc_ms,
        allow_withdrawal=settings.allow_withdrawal_keys == "true",
    )
    return Connecting(
        listing=ListConnections(
            accounts=accounts, healths=DynamoHealths(client, settings.health_table)
        ),
        trying=trying,
        connect=ConnectAccount(accounts=accounts, try_connection=trying),
        pause=PauseConnection(accounts),
    )
