"""Who did what to an account: written by those who do it, read by its owner."""

import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.trail import TrailRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.own_trail import OwnTrail
    from pilotfish.usecases.trails import KeepTrail


def new_number() -> str:
    """Tells lines of the trail apart."""
    return secrets.token_hex(6)


def keep_trail(settings: ApiSettings, client: "DynamoDBClient") -> "KeepTrail":
    """What writes lines."""
    from pilotfish.adapters.dynamo.trail import DynamoTrail
    from pilotfish.usecases.trails import KeepTrail

    return KeepTrail(
        trail=DynamoTrail(client, settings.trail_table),
        clock=outside.utc_ms,
        new_number=new_number,
    )


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> TrailRoutes:
    """The route of an account's trail."""

    @cache
    def trail() -> "OwnTrail":
        from pilotfish.adapters.dynamo.register import DynamoRegister
        from pilotfish.adapters.dynamo.trail import DynamoTrail
        from pilotfish.usecases.own_trail import OwnTrail

        client = dynamodb()
        register = DynamoRegister(client, settings.accounts_table)
        return OwnTrail(register, DynamoTrail(client, settings.trail_table))

    return TrailRoutes(trail)
