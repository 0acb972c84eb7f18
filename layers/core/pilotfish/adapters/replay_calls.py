"""Asks the function `replay`, once: a replay that is under way is not begun a second time."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.domain.orders import State
from pilotfish.domain.replayed import NotReplayed, OrderKey, Outcome, Outcomes

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class LambdaReplays:
    """The client must neither try again nor wait longer than the gateway does."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def __call__(
        self, keys: Sequence[OrderKey], since_ms: int | None, *, dry_run: bool
    ) -> Outcomes:
        """Raises `NotReplayed`."""
        orders = [{"follow_id": follow, "order_key": key} for follow, key in keys]
        event: dict[str, Any] = {"orders": orders, "dry_run": dry_run}
        if since_ms is not None:
            event["since_ms"] = since_ms
        try:
            reply: Any = self._client.invoke(FunctionName=self._function, Payload=json.dumps(event))
        except (BotoCoreError, ClientError) as error:
            raise NotReplayed("the replay did not answer in time: see the orders") from error
        answer: Any = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            raise NotReplayed("the replay failed: see its log")
        told = [
            Outcome(
                order_id=each["order_id"],
                was=State(each["was"]) if each["was"] else None,
                verdict=each["verdict"],
                why=each["why"],
            )
            for each in answer["orders"]
        ]
        return Outcomes(told, answer["more_since_ms"])
