"""What tells states, and watches over connections."""

from typing import TYPE_CHECKING

from pilotfish.settings import MarketSettings
from pilotfish.wiring import live, outside

if TYPE_CHECKING:
    from pilotfish.adapters.push import SocketPush
    from pilotfish.usecases.market import Market
    from pilotfish.usecases.watch_over import WatchOver


def push(settings: MarketSettings) -> "SocketPush":
    """Posts to connections."""
    return live.push(settings)


def watch_over(settings: MarketSettings, push: "SocketPush") -> "WatchOver":
    """Ends sessions and counts the rest."""
    from pilotfish.adapters.dynamo.sessions import DynamoSessions
    from pilotfish.usecases.watch_over import WatchOver

    sessions = DynamoSessions(outside.dynamodb(), settings.connections_table)
    return WatchOver(sessions=sessions, push=push, clock=outside.utc_ms)


def demanded(settings: MarketSettings) -> bool:
    """Whether anybody may listen to states: needs nothing of what telling them needs."""
    return bool(live.connections(outside.dynamodb(), settings).demanded())


def market(settings: MarketSettings, push: "SocketPush") -> "Market":
    """The market function's use case: public prices, no key."""
    from pilotfish.adapters.dynamo.channel_log import DynamoChannelLog
    from pilotfish.adapters.dynamo.highest import DynamoHighest
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.leases import DynamoLeases
    from pilotfish.adapters.dynamo.quotes import DynamoQuotes
    from pilotfish.domain.accounts import Account, Credentials
    from pilotfish.usecases.find_market import FindMarket
    from pilotfish.usecases.live_books import LiveBooks
    from pilotfish.usecases.market import Market
    from pilotfish.usecases.price_feed import PriceFeed
    from pilotfish.usecases.tell_states import TellStates
    from pilotfish_venues.endpoints import parse_endpoints
    from pilotfish_venues.pool import CcxtVenues

    async def no_key(account: Account) -> Credentials:
        raise PermissionError(f"this function may not open the key of {account.account_id}")

    client, clock = outside.dynamodb(), outside.utc_ms
    connections = live.connections(client, settings)
    log = DynamoChannelLog(client, settings.channel_log_table, clock)
    return Market(
        leases=DynamoLeases(client, settings.leases_table),
        states=TellStates(
            subscribers=connections,
            books=LiveBooks(
                own=live.own(client, settings),
                books=live.books(client, settings),
                kept=connections,
                log=log,
                clock=clock,
            ),
            wallets=live.wallets(client, settings),
            highest=DynamoHighest(client, settings.channel_log_table),
            push=push,
            find_market=FindMarket(
                instruments=DynamoInstruments(client, settings.instruments_table, clock),
                venues=settings.venues.split(","),
            ),
            clock=clock,
        ),
        feed=PriceFeed(CcxtVenues(parse_endpoints(settings.venue_endpoints), no_key)),
        known=DynamoQuotes(client, settings.channel_log_table),
        clock=clock,
    )
