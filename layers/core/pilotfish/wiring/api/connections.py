"""Connections: keys are sealed here, and opened elsewhere."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from pilotfish.api.routes.connections import ConnectionRoutes, UseCases
from pilotfish.settings import ApiSettings
from pilotfish.wiring import outside
from pilotfish.wiring.api.trails import keep_trail

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# The gateway waits for 30 s. What was not answered by then is asked for once more by the client,
# and not by boto: a deletion is not tried again behind its back.
ANSWER_S = 25


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> ConnectionRoutes:
    """Routes of connections."""

    @cache
    def cases() -> UseCases:
        from pilotfish.adapters.dynamo.alerts import DynamoAlerts
        from pilotfish.adapters.dynamo.follows_of import DynamoFollowsOf
        from pilotfish.adapters.dynamo.health import DynamoHealths
        from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
        from pilotfish.adapters.dynamo.register import DynamoRegister
        from pilotfish.adapters.key_trials import LambdaTrials
        from pilotfish.usecases.connections import ManageConnection, ShowConnections
        from pilotfish.usecases.paper_accounts import OpenPaperAccount
        from pilotfish.usecases.tell_followers import TellFollowers
        from pilotfish.wiring.managing import Places, new_id, submit_keys

        client, function = dynamodb(), _waiting_client("lambda")
        register = DynamoRegister(client, settings.accounts_table)
        tell = TellFollowers(
            follows_of=DynamoFollowsOf(client, settings.follows_table),
            notices=DynamoAlerts(client, settings.alerts_table),
            clock=outside.utc_ms,
        )
        places = Places(
            settings.accounts_table,
            settings.keys_table,
            settings.key_id,
            settings.connections_function,
        )
        return UseCases(
            keys=submit_keys(client, _waiting_client("kms"), function, places),
            manage=ManageConnection(register, tell),
            show=ShowConnections(
                register=register, healths=DynamoHealths(client, settings.health_table)
            ),
            delete=LambdaTrials(function, settings.connections_function).delete,
            open_paper=OpenPaperAccount(
                register=register,
                books=DynamoPaperBooks(client, settings.paper_table),
                venues=settings.venues.split(","),
                clock=outside.utc_ms,
                new_id=new_id,
            ),
            trail=keep_trail(settings, client),
        )

    return ConnectionRoutes(cases)


def _waiting_client(service: Any) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=3, read_timeout=ANSWER_S, retries={"total_max_attempts": 1})
    return boto3.client(service, config=config)
