"""What lets follows begin, change and end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pilotfish.settings import FollowSettings, SweepSettings, WalletsSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.change_follow import ChangeFollow
    from pilotfish.usecases.close_copies import CloseCopies
    from pilotfish.usecases.end_follows import EndFollows
    from pilotfish.usecases.end_sight import EndSight
    from pilotfish.usecases.require_levels import RequireLevels
    from pilotfish.usecases.start_follow import StartFollow
    from pilotfish.usecases.stop_follow import StopFollow

LEDGER_THREADS = 8


@dataclass(frozen=True, slots=True)
class Following:
    """All that the function does."""

    start: "StartFollow"
    change: "ChangeFollow"
    stop: "StopFollow"
    require_levels: "RequireLevels"


def following(settings: FollowSettings) -> Following:
    """What the follow function does."""
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.change_follow import ChangeFollow, Changing
    from pilotfish.usecases.require_levels import RequireLevels
    from pilotfish.usecases.stop_follow import StopFollow

    client = outside.dynamodb()
    follows = DynamoFollows(client, settings.follows_table, settings.accounts_table)
    positions = DynamoPositions(client, settings.positions_table)
    changing = Changing(follows, outside.utc_ms)
    close = close_copies(client, settings)
    return Following(
        _start(client, settings),
        ChangeFollow(changing, positions, outside.orders(client, settings)),
        StopFollow(changing, close, positions, _end_sight(client, settings), outside.utc_ms),
        RequireLevels(DynamoAccounts(client, settings.accounts_table, outside.utc_ms)),
    )


def end_follows(settings: SweepSettings) -> "EndFollows":
    """What the sweep sees to their end."""
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.end_follows import EndFollows

    client = outside.dynamodb()
    return EndFollows(
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        close=close_copies(client, settings),
        positions=DynamoPositions(client, settings.positions_table),
        instruments=DynamoInstruments(client, settings.instruments_table, outside.utc_ms),
        alerts=outside.alerts(client, settings),
        end_sight=_end_sight(client, settings),
        clock=outside.utc_ms,
    )


def _start(client: "DynamoDBClient", settings: FollowSettings) -> "StartFollow":
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts
    from pilotfish.adapters.dynamo.follow_starts import DynamoFollowStarts
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.invitations import DynamoInvitations
    from pilotfish.adapters.dynamo.leaders import DynamoLeaders
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.adapters.dynamo.wallets import DynamoWallets
    from pilotfish.usecases.admit_follower import AdmitFollower
    from pilotfish.usecases.start_follow import StartFollow

    wallets = DynamoWallets(client, settings.wallets_table)
    return StartFollow(
        wallets=wallets,
        accounts=DynamoAccounts(client, settings.accounts_table, outside.utc_ms),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        positions=DynamoPositions(client, settings.positions_table),
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        instruments=DynamoInstruments(client, settings.instruments_table, outside.utc_ms),
        starts=DynamoFollowStarts(
            client,
            accounts_table=settings.accounts_table,
            follows_table=settings.follows_table,
            leaders_table=settings.leaders_table,
            ledgers_table=settings.ledgers_table,
            orders_table=settings.copy_orders_table,
            positions_table=settings.positions_table,
        ),
        admit=AdmitFollower(
            leaders=DynamoLeaders(client, settings.leaders_table),
            invitations=DynamoInvitations(client, settings.leaders_table),
            wallets=wallets,
            clock=outside.utc_ms,
        ),
        clock=outside.utc_ms,
        pool=ThreadPoolExecutor(LEDGER_THREADS),
    )


def close_copies(
    client: "DynamoDBClient", settings: FollowSettings | SweepSettings | WalletsSettings
) -> "CloseCopies":
    """What plans the exits of a follow's own copies."""
    from pilotfish.adapters.dynamo.instruments import DynamoInstruments
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.usecases.close_copies import CloseCopies

    return CloseCopies(
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        positions=DynamoPositions(client, settings.positions_table),
        orders=outside.orders(client, settings),
        instruments=DynamoInstruments(client, settings.instruments_table, outside.utc_ms),
        clock=outside.utc_ms,
    )


def _end_sight(client: "DynamoDBClient", settings: FollowSettings | SweepSettings) -> "EndSight":
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.adapters.dynamo.sight import DynamoSight
    from pilotfish.usecases.end_sight import EndSight

    return EndSight(
        DynamoSight(client, settings.accounts_table, settings.follows_table),
        DynamoConnections(client, settings.connections_table, outside.utc_ms),
    )
