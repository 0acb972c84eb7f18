"""What looks after entries that wait for a better price: public prices, no key."""

from typing import TYPE_CHECKING

from pilotfish.settings import WaitsSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.adapters.dynamo.waits import DynamoWaits
    from pilotfish.usecases.watch_prices import WatchPrices


def waits(settings: WaitsSettings) -> "DynamoWaits":
    """What waits."""
    from pilotfish.adapters.dynamo.waits import DynamoWaits

    return DynamoWaits(
        outside.dynamodb(),
        ledgers_table=settings.ledgers_table,
        orders_table=settings.copy_orders_table,
        positions_table=settings.positions_table,
        clock=outside.utc_ms,
    )


def watch_prices(settings: WaitsSettings, waits: "DynamoWaits") -> "WatchPrices":
    """The use case of the function `waits`."""
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.leases import DynamoLeases
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.usecases.await_prices import AwaitPrices
    from pilotfish.usecases.watch_prices import WatchPrices

    client = outside.dynamodb()
    look = AwaitPrices(
        waits=waits,
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        venues=outside.public_venues(settings.venue_endpoints),
        clock=outside.utc_ms,
    )
    leases = DynamoLeases(client, settings.leases_table)
    return WatchPrices(leases=leases, look=look, clock=outside.utc_ms)
