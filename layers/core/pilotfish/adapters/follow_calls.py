"""Asks the function `follow`, which may plan orders, in a member's name."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.domain.consents import NoConsent
from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import CannotFollow, NoSuchFollow, NotDone, Outdated
from pilotfish.domain.rules import BadRules
from pilotfish.domain.viewers import Viewer

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

# What a program goes by; of kinds of one family the narrower first.
CODES: Mapping[type[Exception], str] = {
    BadRules: "bad_rules",
    NoConsent: "no_consent",
    CannotFollow: "cannot_follow",
    NoSuchFollow: "no_such_follow",
    Outdated: "outdated",
    NotReady: "not_ready",
}
_KINDS = {code: kind for kind, code in CODES.items()}


class LambdaFollows:
    """Waits for the answer; asked again, nothing is done twice."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, by: Viewer, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer; raises what `CODES` has, and `NotDone` where nobody knows."""
        asked = {**event, "user": by.user, "operator": by.operator}
        try:
            reply: Any = self._client.invoke(FunctionName=self._function, Payload=json.dumps(asked))
        except (BotoCoreError, ClientError) as error:
            raise NotDone(type(error).__name__) from error
        answer: Any = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            raise NotDone("the function failed")
        if "why" not in answer:
            return dict(answer)
        kind = _KINDS.get(answer["code"], NotDone)
        raise (
            BadRules(answer["field"], answer["why"]) if kind is BadRules else kind(answer["why"])
        )
