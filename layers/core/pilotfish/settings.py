"""What each function reads from its environment, once, when it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


class MissingSetting(Exception):
    """An environment variable that the function cannot do without."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A field `fills_table` is the environment variable `FILLS_TABLE`."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises `MissingSetting` naming every variable that is missing."""
        names = {field.name: field.name.upper() for field in fields(cls)}
        missing = [variable for variable in names.values() if variable not in environ]
        if missing:
            raise MissingSetting(f"{cls.__name__} needs {', '.join(missing)} in the environment")
        return cls(**{name: environ[variable] for name, variable in names.items()})


@dataclass(frozen=True, slots=True)
class VenueSettings(Settings):
    """For functions that talk to venues; `venue_endpoints` is "" for the venues' own hosts."""

    key_id: str
    keys_table: str
    venue_endpoints: str
    paper_table: str


@dataclass(frozen=True, slots=True)
class PollerSettings(VenueSettings):
    """`run_seconds` is how long one run listens, standing by included."""

    leases_table: str
    accounts_table: str
    cursors_table: str
    positions_table: str
    fills_table: str
    asides_table: str
    health_table: str
    follows_table: str
    alerts_table: str
    run_seconds: str


@dataclass(frozen=True, slots=True)
class ExitSyncSettings(Settings):
    """Tables alone: the look at an exit decides as the mapper does."""

    accounts_table: str
    follows_table: str
    ledgers_table: str
    positions_table: str
    instruments_table: str
    copy_orders_table: str
    fills_table: str
    alerts_table: str


@dataclass(frozen=True, slots=True)
class MapperSettings(ExitSyncSettings):
    """The mapper starts `exit_sync`, and sizes by what accounts have."""

    wallets_table: str
    exit_sync_arn: str
    waits_function: str


@dataclass(frozen=True, slots=True)
class ExecutorSettings(VenueSettings):
    """Of the executor and of the retry task alike."""

    accounts_table: str
    follows_table: str
    copy_orders_table: str
    positions_table: str
    halts_table: str
    retry_order_arn: str


@dataclass(frozen=True, slots=True)
class ReplaySettings(ExecutorSettings):
    """A replay looks at the books too."""

    fills_table: str
    ledgers_table: str


@dataclass(frozen=True, slots=True)
class FollowSettings(Settings):
    """Tables alone: what a follow joins is decided as the mapper decides."""

    accounts_table: str
    follows_table: str
    ledgers_table: str
    positions_table: str
    instruments_table: str
    copy_orders_table: str
    leaders_table: str
    wallets_table: str
    connections_table: str


@dataclass(frozen=True, slots=True)
class ReconcileSettings(VenueSettings):
    """The books, and the venues to compare them with."""

    alerts_table: str
    accounts_table: str
    follows_table: str
    ledgers_table: str
    positions_table: str
    instruments_table: str
    copy_orders_table: str


@dataclass(frozen=True, slots=True)
class ConnectionsSettings(VenueSettings):
    """`allow_withdrawal_keys` is "true" where keys that can withdraw are accepted."""

    accounts_table: str
    follows_table: str
    health_table: str
    alerts_table: str
    allow_withdrawal_keys: str


@dataclass(frozen=True, slots=True)
class ReviewSettings(Settings):
    """Tables of trades, and of what was said of them."""

    fills_table: str
    corrections_table: str
    asides_table: str


@dataclass(frozen=True, slots=True)
class SweepSettings(MapperSettings):
    """The sweep does the mapper's work and starts sagas."""

    retry_order_arn: str
    connections_table: str


@dataclass(frozen=True, slots=True)
class HistorySettings(Settings):
    """Of who starts and stops back-fills; it talks to no venue."""

    accounts_table: str
    sync_sessions_table: str
    history_sync_arn: str


@dataclass(frozen=True, slots=True)
class HistorySyncSettings(VenueSettings):
    """`trades_per_second` is what a back-fill leaves of its account's partition to live fills."""

    accounts_table: str
    sync_sessions_table: str
    cursors_table: str
    positions_table: str
    asides_table: str
    fills_table: str
    trades_per_second: str


@dataclass(frozen=True, slots=True)
class InstrumentsSettings(Settings):
    """`venues` is a comma-separated list of venue ids."""

    venue_endpoints: str
    instruments_table: str
    venues: str


@dataclass(frozen=True, slots=True)
class WalletsSettings(VenueSettings):
    """Whose wallets are read, where they are kept, and what follows earned by them."""

    accounts_table: str
    follows_table: str
    positions_table: str
    connections_table: str
    wallets_table: str
    alerts_table: str
    ledgers_table: str
    copy_orders_table: str
    instruments_table: str
    track_records_table: str


@dataclass(frozen=True, slots=True)
class ChannelSettings(Settings):
    """`socket_endpoint` is where PostToConnection is sent."""

    connections_table: str
    channel_log_table: str
    socket_endpoint: str


@dataclass(frozen=True, slots=True)
class BroadcasterSettings(ChannelSettings):
    """It writes down what a person has to see of an order."""

    alerts_table: str


@dataclass(frozen=True, slots=True)
class AuthorizerSettings(Settings):
    """Where the tickets are, and what else lets a connection in.

    `allowed_origins` has commas between them; browsers from elsewhere are sent away. Tokens are
    taken from `token_issuer` for `token_audience`; `token_keys` is where its keys are published.
    """

    connections_table: str
    allowed_origins: str
    token_issuer: str
    token_audience: str
    token_keys: str


@dataclass(frozen=True, slots=True)
class OwnSettings(ChannelSettings):
    """What a user's own is read from."""

    accounts_table: str
    follows_table: str
    fills_table: str
    copy_orders_table: str
    positions_table: str
    wallets_table: str


@dataclass(frozen=True, slots=True)
class SocketSettings(OwnSettings):
    """`venues` are looked through for a symbol; `market_function` is woken by who wants prices."""

    instruments_table: str
    sync_sessions_table: str
    alerts_table: str
    venues: str
    market_function: str


@dataclass(frozen=True, slots=True)
class MarketSettings(OwnSettings):
    """`venues` are looked through for a symbol; `run_seconds` is how long one run tells."""

    leases_table: str
    instruments_table: str
    venues: str
    venue_endpoints: str
    run_seconds: str


@dataclass(frozen=True, slots=True)
class WaitsSettings(Settings):
    """`run_seconds` is how long one run looks at what waits; it has no key."""

    accounts_table: str
    follows_table: str
    ledgers_table: str
    copy_orders_table: str
    positions_table: str
    leases_table: str
    venue_endpoints: str
    run_seconds: str


@dataclass(frozen=True, slots=True)
class RecordsSettings(Settings):
    """What track records are counted from, and where they are kept."""

    accounts_table: str
    follows_table: str
    leaders_table: str
    wallets_table: str
    fills_table: str
    corrections_table: str
    sync_sessions_table: str
    positions_table: str
    copy_orders_table: str
    channel_log_table: str
    track_records_table: str


@dataclass(frozen=True, slots=True)
class ExportsSettings(Settings):
    """What is exported, and where to."""

    accounts_table: str
    follows_table: str
    fills_table: str
    copy_orders_table: str
    exports_table: str
    exports_bucket: str


@dataclass(frozen=True, slots=True)
class ApiSettings(Settings):
    """The tables that the API's use cases work on; `requests_table` counts requests."""

    requests_table: str
    connections_table: str
    watchlists_table: str
    channel_log_table: str
    instruments_table: str
    venues: str
    market_function: str
    halts_table: str
    trail_table: str
    alerts_table: str
    leases_table: str
    asides_table: str
    positions_table: str
    sync_sessions_table: str
    failure_queues: str
    replay_function: str
    exports_table: str
    exports_bucket: str
    exports_function: str
    fills_table: str
    copy_orders_table: str
    accounts_table: str
    keys_table: str
    health_table: str
    paper_table: str
    track_records_table: str
    portfolios_table: str
    wallets_table: str
    key_id: str
    connections_function: str
    follows_table: str
    leaders_table: str
    follow_function: str
    socket_function: str
