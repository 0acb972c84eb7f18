"""Leaders and follows: what plans orders is done next door."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.follows import FollowRoutes
from pilotfish.api.routes.leaders import LeaderCases, LeaderRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside
from pilotfish.wiring.api.trails import keep_trail

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_lambda.client import LambdaClient

    from pilotfish.usecases.manage_follows import ManageFollows

# The gateway waits for 30 s; what was not answered by then is asked for again by the client.
ANSWER_S = 25

Client = Callable[[], "DynamoDBClient"]


def follows(settings: ApiSettings, dynamodb: Client) -> FollowRoutes:
    """Routes of follows."""

    @cache
    def manage() -> "ManageFollows":
        from pilotfish.adapters.dynamo.own_follows import DynamoOwnFollows
        from pilotfish.adapters.dynamo.positions import DynamoPositions
        from pilotfish.adapters.follow_calls import LambdaFollows
        from pilotfish.usecases.manage_follows import ManageFollows

        return ManageFollows(
            own=DynamoOwnFollows(dynamodb(), settings.follows_table),
            positions=DynamoPositions(dynamodb(), settings.positions_table),
            call=LambdaFollows(functions(), settings.follow_function),
            trail=keep_trail(settings, dynamodb()),
        )

    return FollowRoutes(manage)


def leaders(settings: ApiSettings, dynamodb: Client) -> LeaderRoutes:
    """Routes of leaders."""

    @cache
    def cases() -> LeaderCases:
        import secrets

        from pilotfish.adapters.dynamo.invitations import DynamoInvitations
        from pilotfish.adapters.dynamo.leaders import DynamoLeaders
        from pilotfish.adapters.dynamo.register import DynamoRegister
        from pilotfish.adapters.dynamo.sight import DynamoSight
        from pilotfish.usecases.discover import Discover
        from pilotfish.usecases.lead import Invite, Lead

        client = dynamodb()
        shown = DynamoLeaders(client, settings.leaders_table)
        lead = Lead(
            connections=DynamoRegister(client, settings.accounts_table),
            leaders=shown,
            clock=outside.utc_ms,
        )
        invite = Invite(
            lead=lead,
            invitations=DynamoInvitations(client, settings.leaders_table),
            clock=outside.utc_ms,
            random=secrets.token_bytes,
        )
        sight = DynamoSight(client, settings.accounts_table, settings.follows_table)
        return LeaderCases(lead, invite, Discover(shown, sight))

    return LeaderRoutes(cases)


def functions() -> "LambdaClient":
    """What calls other functions, once."""
    import boto3
    from botocore.config import Config

    patience = Config(connect_timeout=3, read_timeout=ANSWER_S, retries={"total_max_attempts": 1})
    return boto3.client("lambda", config=patience)
