"""What compares the books with the venues."""

from typing import TYPE_CHECKING

from pilotfish.settings import ReconcileSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.usecases.raise_alerts import RaiseAlerts
    from pilotfish.usecases.reconcile import Reconcile


def reconcile(settings: ReconcileSettings) -> "Reconcile":
    """The reconciliation's use case: it asks venues what is held, and sends nothing."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.audit import DynamoAudit
    from pilotfish.adapters.dynamo.drifts import DynamoDrifts
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.compare import Compare
    from pilotfish.usecases.reconcile import Reconcile
    from pilotfish.usecases.settle_drift import SettleDrift

    client = outside.dynamodb()
    orders = outside.orders(client, settings)
    positions = DynamoPositions(client, settings.positions_table)
    compare = Compare(
        positions=positions,
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        orders=orders,
        instruments=DynamoInstruments(client, settings.instruments_table, outside.utc_ms),
    )
    drifts = DynamoDrifts(
        client,
        ledgers_table=settings.ledgers_table,
        orders_table=settings.copy_orders_table,
        positions_table=settings.positions_table,
    )
    audit = DynamoAudit(client, settings.copy_orders_table)
    return Reconcile(
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        venues=outside.venues(settings),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        compare=compare,
        settle_drift=SettleDrift(
            compare=compare,
            positions=positions,
            drifts=drifts,
            audit=audit,
            clock=outside.utc_ms,
        ),
    )


def alerts(settings: ReconcileSettings) -> "RaiseAlerts":
    """Whose account it is should see what it lacks."""
    return outside.alerts(outside.dynamodb(), settings)
