"""What answers clients, on a WebSocket and where there is none."""

from typing import TYPE_CHECKING

from pilotfish.settings import SocketSettings
from pilotfish.wiring import live, outside

if TYPE_CHECKING:
    from pilotfish.usecases.connect import Connect, Latest, Sessions, States
    from pilotfish.usecases.find_market import FindMarket
    from pilotfish.usecases.subscribing import Subscriptions
    from pilotfish.usecases.value import Value


def connect(settings: SocketSettings) -> "Connect":
    """The socket's use case."""
    from pilotfish.adapters.dynamo.sessions import DynamoSessions

    client = outside.dynamodb()
    sessions = DynamoSessions(client, settings.connections_table)
    return _answering(settings, sessions, live.connections(client, settings), value(settings))


def polled(settings: SocketSettings) -> "Connect":
    """The same for who asks over HTTP, one command at a time."""
    from pilotfish.adapters.dynamo.quotes import DynamoQuotes
    from pilotfish.usecases.latest_states import LatestStates
    from pilotfish.usecases.polled import Polled, Unpaced

    client, values = outside.dynamodb(), value(settings)
    latest = LatestStates(
        values=values,
        quotes=DynamoQuotes(client, settings.channel_log_table),
        find_market=find_market(settings),
        clock=outside.utc_ms,
    )
    kept = live.connections(client, settings)
    return _answering(settings, Unpaced(), Polled(kept), values, latest)


def value(settings: SocketSettings) -> "Value":
    """What users hold and have, when they ask."""
    from pilotfish.adapters.dynamo.highest import DynamoHighest
    from pilotfish.adapters.dynamo.quotes import DynamoQuotes
    from pilotfish.usecases.value import Value

    client = outside.dynamodb()
    return Value(
        books=live.books(client, settings),
        wallets=live.wallets(client, settings),
        quotes=DynamoQuotes(client, settings.channel_log_table),
        highest=DynamoHighest(client, settings.channel_log_table),
        clock=outside.utc_ms,
    )


def find_market(settings: SocketSettings) -> "FindMarket":
    """The market that a spelling means."""
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.usecases.find_market import FindMarket

    return FindMarket(
        instruments=DynamoInstruments(
            outside.dynamodb(), settings.instruments_table, outside.utc_ms
        ),
        venues=settings.venues.split(","),
    )


def _answering(
    settings: SocketSettings,
    sessions: "Sessions",
    subscriptions: "Subscriptions",
    states: "States",
    latest: "Latest" = lambda *_: (),
) -> "Connect":
    from pilotfish.adapters.dynamo.alerts import DynamoAlerts
    from pilotfish.adapters.dynamo.channel_log import DynamoChannelLog
    from pilotfish.adapters.dynamo.sight import DynamoSight
    from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
    from pilotfish.usecases.catching_up import CatchingUp
    from pilotfish.usecases.connect import Connect
    from pilotfish.usecases.recall import Recall
    from pilotfish.usecases.subscribing import Subscribing

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
            find_market=find_market(settings),
            wake=live.waker(settings.market_function),
            clock=clock,
        ),
        catching_up=CatchingUp(log=log, past=past, clock=clock),
        states=states,
        clock=clock,
        latest=latest,
    )
