"""Has the function `connections` try keys: it gets ids, and its answer has no key in it."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.domain.connections import Verdict
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.keys import verdict_of
from pilotfish.ports import NotTried

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class LambdaTrials:
    """Waits for the answer; who asks again gets the same one."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def candidate(self, candidate_id: str) -> Verdict:
        """Raises `NotTried`."""
        return self._verdict({"do": "take", "candidate_id": candidate_id})

    def account(self, account_id: str) -> Verdict:
        """Raises `NotTried` and `NoSuchAccount`."""
        return self._verdict({"do": "try", "account_id": account_id})

    def _verdict(self, event: dict[str, str]) -> Verdict:
        try:
            reply: Any = self._client.invoke(FunctionName=self._function, Payload=json.dumps(event))
        except (BotoCoreError, ClientError) as error:
            raise NotTried(type(error).__name__) from error
        answer: Any = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            raise NotTried("the function failed")
        if "why" in answer:
            raise NoSuchAccount(answer["why"])
        return verdict_of(json.dumps(answer["done"]))
