"""What tries keys and tells how connections are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.managing import ChangedMeanwhile, NotFit, StillFollowing
from pilotfish.settings import ConnectionsSettings
from pilotfish.wiring import outside
from pilotfish.wiring.reviewing import told

if TYPE_CHECKING:
    from pilotfish.usecases.connections import ManageConnection, ShowConnections
    from pilotfish.usecases.delete_connection import DeleteConnection
    from pilotfish.usecases.look_at_keys import LookAtKeys
    from pilotfish.usecases.try_keys import TakeKey

__all__ = ["REFUSALS", "Connecting", "connections", "told", "until_ms"]

# What is answered, by its name, rather than failing.
REFUSALS = (NoSuchAccount, NotFit, ChangedMeanwhile, StillFollowing, ValueError)

# A venue that is being asked when the time is up has so long to answer.
MARGIN_MS = 20_000


@dataclass(frozen=True, slots=True)
class Connecting:
    """The use cases of the function `connections`."""

    take: "TakeKey"
    look: "LookAtKeys"
    show: "ShowConnections"
    manage: "ManageConnection"
    delete: "DeleteConnection"


def connections(settings: ConnectionsSettings) -> Connecting:
    """Opens keys and asks venues, and sends no order."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.alerts import DynamoAlerts
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.follows_of import DynamoFollowsOf
    from pilotfish.adapters.dynamo.health import DynamoHealths
    from pilotfish.adapters.dynamo.keyring import DynamoKeyring
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.usecases.change_follow import Changing
    from pilotfish.usecases.connections import ManageConnection, ShowConnections
    from pilotfish.usecases.delete_connection import DeleteConnection
    from pilotfish.usecases.look_at_keys import LookAtKeys
    from pilotfish.usecases.tell_followers import TellFollowers
    from pilotfish.usecases.try_keys import TakeKey, TryKey
    from pilotfish_venues.table import id_of

    client, clock = outside.dynamodb(), outside.utc_ms
    keyring = DynamoKeyring(client, settings.keys_table, settings.accounts_table)
    notices = DynamoAlerts(client, settings.alerts_table)
    follows = DynamoFollows(client, settings.follows_table, settings.accounts_table)
    register = DynamoRegister(client, settings.accounts_table)
    follows_of = DynamoFollowsOf(client, settings.follows_table)
    tell = TellFollowers(follows_of=follows_of, notices=notices, clock=clock)
    try_key = TryKey(
        venues=outside.venues(settings),
        clock=clock,
        allow_withdrawal=settings.allow_withdrawal_keys == "true",
    )
    return Connecting(
        take=TakeKey(
            keyring=keyring,
            register=register,
            try_key=try_key,
            clock=clock,
            venue_id=id_of,
        ),
        look=LookAtKeys(
            accounts=DynamoAccounts(client, settings.accounts_table, clock),
            register=register,
            try_key=try_key,
            notices=notices,
            tell=tell,
            clock=clock,
        ),
        show=ShowConnections(
            register=register, healths=DynamoHealths(client, settings.health_table)
        ),
        manage=ManageConnection(register, tell),
        delete=DeleteConnection(
            register=register,
            keyring=keyring,
            follows_of=follows_of,
            changing=Changing(follows, clock),
            notices=notices,
            clock=clock,
        ),
    )


def until_ms(context: Any) -> int:
    """When a run stops to begin anything."""
    return outside.utc_ms() + int(context.get_remaining_time_in_millis()) - MARGIN_MS
