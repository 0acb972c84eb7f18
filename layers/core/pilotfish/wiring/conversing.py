"""What answers clients, on a WebSocket and where there is none."""

from typing import TYPE_CHECKING

from pilotfish.settings import SocketSettings
from pilotfish.wiring import live, outside

if TYPE_CHECKING:
    from pilotfish.usecases.connect import Connect, Sessions
    from pilotfish.usecases.subscribing import Subscriptions


def connect(settings: SocketSettings) -> "Connect":
    """The socket's use case."""
    from pilotfish.adapters.dynamo.sessions import DynamoSessions

    client = outside.dynamodb()
    sessions = DynamoSessions(client, settings.connections_table)
    return _answering(settings, sessions, live.connections(client, settings))


def polled(settings: SocketSettings) -> "Connect":
    """The same for who asks over HTTP, one command at a time."""
    from pilotfish.usecases.polled import FAMILIES, Polled, Unpaced

    kept = live.connections(outside.dynamodb(), settings)
    return _answering(settings, Unpaced(), Polled(kept), FAMILIES)


def _answering(
    settings: SocketSettings,
    sessions: "Sessions",
    subscriptions: "Subscriptions",
    families: frozenset[str] | None = None,
) -> "Connect":
    from pilotfish.adapters.dynamo.alerts import DynamoAlerts
    from pilotfish.adapters.dynamo.channel_log import DynamoChannelLog
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.quotes import DynamoQuotes
    from pilotfish.adapters.dynamo.sight import DynamoSight
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.usecases.catching_up import CatchingUp
    from pilotfish.usecases.connect import Connect
    from pilotfish.usecases.find_market import FindMarket
    from pilotfish.usecases.recall import Recall
    from pilotfish.usecases.subscribing import Subscribing
    from pilotfish.usecases.value import Value

    client, clock = outside.dynamodb(), outside.utc_ms
    log = DynamoChannelLog(client, settings.channel_log_table, clock)
    past = Recall(
        own=live.own(client, settings),
        sessions=DynamoSyncSessions(client, settings.sync_sessions_table),
        alerts=DynamoAlerts(client, settings.alerts_table),
    )
    return Connect(
        sessions=sessions,
        subscribing=Subscribing(
            subscriptions=subscriptions,
            log=log,
            may_see=DynamoSight(client, settings.accounts_table, settings.follows_table),
            find_market=FindMarket(
                instruments=DynamoInstruments(client, settings.instruments_table, clock),
                venues=settings.venues.split(","),
            ),
            wake=live.waker(settings.market_function),
            clock=clock,
            families=families,
        ),
        catching_up=CatchingUp(log=log, past=past, clock=clock),
        states=Value(
            books=live.books(client, settings),
            wallets=live.wallets(client, settings),
            quotes=DynamoQuotes(client, settings.channel_log_table),
            clock=clock,
        ),
        clock=clock,
    )
