"""What back-fills accounts: who starts it, and one turn of it."""

import secrets
from typing import TYPE_CHECKING

from pilotfish.settings import HistorySettings, HistorySyncSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.usecases.back_fills import BackFills
    from pilotfish.usecases.sync_history import SyncHistory


def back_fills(settings: HistorySettings) -> "BackFills":
    """The use case of a person; it can open no key."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.adapters.saga import StepFunctionsHistorySyncs
    from pilotfish.usecases.back_fills import BackFills

    client = outside.dynamodb()
    return BackFills(
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        sessions=DynamoSyncSessions(client, settings.sync_sessions_table),
        history_syncs=StepFunctionsHistorySyncs(outside.states(), settings.history_sync_arn),
        clock=outside.utc_ms,
        new_id=lambda: secrets.token_hex(4),
    )


def sync_history(settings: HistorySyncSettings) -> "SyncHistory":
    """The task of the `history_sync` saga."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.cursors import DynamoCursors
    from pilotfish.adapters.dynamo.known_symbols import DynamoKnownSymbols
    from pilotfish.adapters.dynamo.past_asides import DynamoPastAsides
    from pilotfish.adapters.dynamo.past_fills import DynamoPastFills
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.usecases.plan_sync import PlanSync
    from pilotfish.usecases.sync_history import SyncHistory
    from pilotfish.usecases.write_past import Pace, WritePast

    client, table = outside.dynamodb(), settings.sync_sessions_table
    pace = Pace(float(settings.trades_per_second), outside.utc_ms)
    known = DynamoKnownSymbols(
        client, positions_table=settings.positions_table, sessions_table=table
    )
    return SyncHistory(
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        venues=outside.venues(settings),
        sessions=DynamoSyncSessions(client, table),
        plan_sync=PlanSync(
            cursors=DynamoCursors(client, settings.cursors_table, ""), known_symbols=known
        ),
        write_past=WritePast(DynamoPastFills(client, settings.fills_table), pace),
        past_asides=DynamoPastAsides(
            client,
            settings.asides_table,
            fills_table=settings.fills_table,
            sessions_table=table,
        ),
        clock=outside.utc_ms,
    )
