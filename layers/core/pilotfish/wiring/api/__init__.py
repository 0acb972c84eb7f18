"""The API and its use cases. Each group of routes builds what it needs when first called."""

from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from pilotfish.adapters.dynamo.requests import DynamoRequests
from pilotfish.api.app import Group, api
from pilotfish.api.contract import publish
from pilotfish.api.idempotence import Idempotent
from pilotfish.api.pace import Pace
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside
from pilotfish.wiring.api import (
    connections,
    dry_runs,
    exports,
    following,
    live,
    market,
    operations,
    paper,
    performance,
    records,
    trails,
    watchlists,
)

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def resolver(settings: ApiSettings) -> APIGatewayHttpResolver:
    """Every route; asks nothing of AWS before a request comes."""
    dynamodb = cache(outside.dynamodb)
    groups: list[Group] = [
        live.group(settings, dynamodb),
        connections.group(settings, dynamodb),
        trails.group(settings, dynamodb),
        following.leaders(settings, dynamodb),
        following.follows(settings, dynamodb),
        dry_runs.group(settings, dynamodb),
        paper.group(settings, dynamodb),
        watchlists.group(settings, dynamodb),
        market.group(settings, dynamodb),
        records.group(settings, dynamodb),
        exports.group(settings, dynamodb),
        performance.group(settings, dynamodb),
        performance.portfolios(settings, dynamodb),
        operations.health(settings, dynamodb),
        operations.group(settings, dynamodb),
        operations.inspection(settings, dynamodb),
    ]
    requests = cache(lambda: DynamoRequests(dynamodb(), settings.requests_table))
    routes = api(groups, [Pace(requests, outside.utc_ms)])
    publish(routes)
    return routes


def handler(settings: ApiSettings) -> Handler:
    """What API Gateway's events (payload 2.0) go to."""
    kept = DynamoDBPersistenceLayer(
        settings.requests_table,
        key_attr="pk",
        expiry_attr="expires_at",
        boto3_client=outside.dynamodb(),
    )
    return Idempotent(resolver(settings).resolve, kept)
