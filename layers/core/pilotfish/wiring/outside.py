"""The clients, venues and clock that everything is wired to."""

from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.config import Config

from pilotfish.clock import utc_ms
from pilotfish.settings import VenueSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_stepfunctions.client import SFNClient

    from pilotfish.adapters.dynamo.orders import DynamoOrders
    from pilotfish.adapters.paper.desk import PaperDesk
    from pilotfish.ports import Venues
    from pilotfish.usecases.raise_alerts import RaiseAlerts
    from pilotfish_venues.pool import CcxtVenues

__all__ = ["OrderTables", "dynamodb", "orders", "public_venues", "states", "utc_ms", "venues"]

# Throttling slows the work and loses nothing: the SDK waits, and the stream delivers again.
AWS = Config(
    retries={"mode": "standard", "total_max_attempts": 6},
    connect_timeout=3,
    read_timeout=10,
    tcp_keepalive=True,
    max_pool_connections=32,
    parameter_validation=False,  # A tenth of a call's CPU; the contract suite sends every call.
)


class OrderTables(Protocol):
    """Settings of a function that moves copy orders on."""

    @property
    def copy_orders_table(self) -> str: ...
    @property
    def follows_table(self) -> str: ...
    @property
    def positions_table(self) -> str: ...


def dynamodb() -> "DynamoDBClient":
    """A client with our retries and time limits."""
    return boto3.client("dynamodb", config=AWS)


def states() -> "SFNClient":
    """Step Functions, to start sagas."""
    return boto3.client("stepfunctions", config=AWS)


def venues(settings: VenueSettings) -> "Venues":
    """Accounts on venues, opened with their sealed keys; those on paper have none."""
    from pilotfish.adapters.dynamo.data_keys import DynamoDataKeys
    from pilotfish.adapters.keys import KeyOpener
    from pilotfish.adapters.paper.venues import VenuesWithPaper
    from pilotfish_venues.endpoints import parse_endpoints
    from pilotfish_venues.pool import CcxtVenues

    data_keys = DynamoDataKeys(dynamodb(), settings.keys_table)
    opener = KeyOpener(boto3.client("kms", config=AWS), settings.key_id, data_keys)
    pool = CcxtVenues(parse_endpoints(settings.venue_endpoints), opener)

    def open_desk() -> "PaperDesk":
        from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
        from pilotfish.adapters.paper.desk import PaperDesk

        return PaperDesk(DynamoPaperBooks(dynamodb(), settings.paper_table), pool, utc_ms)

    return VenuesWithPaper(pool, open_desk)


def public_venues(endpoints: str) -> "CcxtVenues":
    """What anybody may see of venues; `endpoints` are other hosts, "" for the venues' own."""
    from pilotfish.domain.accounts import Account, Credentials
    from pilotfish_venues.endpoints import parse_endpoints
    from pilotfish_venues.pool import CcxtVenues

    async def no_key(account: Account) -> Credentials:
        raise PermissionError(f"this function may not open the key of {account.account_id}")

    return CcxtVenues(parse_endpoints(endpoints), no_key)


class AlertTables(Protocol):
    """Settings of a function that writes down what a person should see."""

    @property
    def alerts_table(self) -> str: ...
    @property
    def accounts_table(self) -> str: ...
    @property
    def follows_table(self) -> str: ...


def alerts(client: "DynamoDBClient", settings: AlertTables) -> "RaiseAlerts":
    """Notices, and whom they concern."""
    from pilotfish.adapters.dynamo.alerts import DynamoAlerts
    from pilotfish.adapters.dynamo.owners import DynamoOwners
    from pilotfish.usecases.raise_alerts import RaiseAlerts

    return RaiseAlerts(
        alerts=DynamoAlerts(client, settings.alerts_table),
        owners=DynamoOwners(client, settings.accounts_table, settings.follows_table),
        clock=utc_ms,
    )


def orders(client: "DynamoDBClient", settings: OrderTables) -> "DynamoOrders":
    """Copy orders, and the tables that their steps touch."""
    from pilotfish.adapters.dynamo.orders import DynamoOrders

    return DynamoOrders(
        client,
        settings.copy_orders_table,
        follows_table=settings.follows_table,
        positions_table=settings.positions_table,
    )
