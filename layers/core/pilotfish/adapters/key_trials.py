"""Asks the function `connections`: it gets ids, and its answers have no key in them."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.domain.connections import Verdict
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.keys import verdict_of
from pilotfish.domain.managing import ChangedMeanwhile, StillFollowing
from pilotfish.ports import NotTried

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

REFUSALS: Mapping[str, type[Exception]] = {
    kind.__name__: kind for kind in (NoSuchAccount, ChangedMeanwhile, StillFollowing)
}


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

    def delete(
        self, owner: str, account_id: str, *, stop_follows: bool, revision: int | None
    ) -> None:
        """As `DeleteConnection`; `NotTried` where it is not known whether it was done."""
        asked: dict[str, Any] = {"do": "delete", "owner": owner, "account_id": account_id}
        self._ask(asked | {"stop_follows": stop_follows, "revision": revision})

    def _verdict(self, event: dict[str, Any]) -> Verdict:
        return verdict_of(json.dumps(self._ask(event)))

    def _ask(self, event: dict[str, Any]) -> Any:
        try:
            reply: Any = self._client.invoke(FunctionName=self._function, Payload=json.dumps(event))
        except (BotoCoreError, ClientError) as error:
            raise NotTried(type(error).__name__) from error
        answer: Any = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            raise NotTried("the function failed")
        if "why" in answer:
            raise REFUSALS.get(answer["code"], NotTried)(answer["why"])
        return answer["done"]
