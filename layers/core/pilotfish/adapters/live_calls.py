"""Asks the function `socket` in a member's name, for who cannot open a WebSocket."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.domain.viewers import Viewer
from pilotfish.ports import NotAnswered

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class LambdaLive:
    """One command at a time; what a WebSocket would bring, the command's answer last."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, viewer: Viewer, command: str) -> list[dict[str, Any]]:
        """Raises `NotAnswered`."""
        asked = {"user": viewer.user, "operator": viewer.operator, "command": command}
        event = json.dumps({"polled": asked})
        try:
            reply: Any = self._client.invoke(FunctionName=self._function, Payload=event)
        except (BotoCoreError, ClientError) as error:
            raise NotAnswered(type(error).__name__) from error
        answer: Any = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            raise NotAnswered("the function failed")
        return list(answer["messages"])
