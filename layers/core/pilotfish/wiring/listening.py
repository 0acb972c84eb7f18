"""What listens to venues: leaders' fills, and what can be traded."""

from typing import TYPE_CHECKING

from pilotfish.settings import InstrumentsSettings, PollerSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.domain.accounts import Account
    from pilotfish.ports import Lease
    from pilotfish.usecases.listen import Listener
    from pilotfish.usecases.poll import Poll
    from pilotfish.usecases.publish_instruments import PublishInstruments
    from pilotfish.usecases.raise_alerts import RaiseAlerts
    from pilotfish.usecases.write_down import OnAside


def poll(settings: PollerSettings, on_aside: "OnAside") -> "Poll":
    """The poller's use case; `on_aside` hears of each report that was set aside."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.asides import DynamoAsides
    from pilotfish.adapters.dynamo.cursors import DynamoCursors
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.health import DynamoHealths
    from pilotfish.adapters.dynamo.leases import DynamoLeases
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.listen import Listener
    from pilotfish.usecases.poll import Poll

    client = outside.dynamodb()
    opened = outside.venues(settings)
    fills = DynamoFills(
        client,
        settings.fills_table,
        positions_table=settings.positions_table,
        leases_table=settings.leases_table,
    )
    asides = DynamoAsides(
        client,
        settings.asides_table,
        fills_table=settings.fills_table,
        positions_table=settings.positions_table,
        leases_table=settings.leases_table,
    )
    healths = DynamoHealths(client, settings.health_table, settings.leases_table)
    cursors = DynamoCursors(client, settings.cursors_table, settings.leases_table)
    positions = DynamoPositions(client, settings.positions_table, settings.leases_table)

    def listener(account: "Account", lease: "Lease") -> "Listener":
        return Listener(
            account,
            lease,
            venues=opened,
            fills=fills,
            asides=asides,
            healths=healths,
            cursors=cursors,
            positions=positions,
            clock=outside.utc_ms,
            on_aside=on_aside,
        )

    return Poll(
        leases=DynamoLeases(client, settings.leases_table),
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        listener=listener,
        clock=outside.utc_ms,
    )


def alerts(settings: PollerSettings) -> "RaiseAlerts":
    """Whose account it is should see what was set aside."""
    return outside.alerts(outside.dynamodb(), settings)


def publish_instruments(settings: InstrumentsSettings) -> "PublishInstruments":
    """The instruments function's use case: public market data, no key."""
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.usecases.publish_instruments import PublishInstruments

    return PublishInstruments(
        venues=outside.public_venues(settings.venue_endpoints),
        instruments=DynamoInstruments(
            outside.dynamodb(), settings.instruments_table, outside.utc_ms
        ),
        clock=outside.utc_ms,
    )
