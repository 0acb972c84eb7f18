"""A stack that stays: the one of `pilotfish up`, or one on AWS."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from pilotfish_local.cli.console import FAILED, UNAVAILABLE, fail
from pilotfish_local.cli.running_stack import ANSWER_S, announced, client_of

LOCAL_STACK = "pilotfish"


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack's outputs, and clients of the AWS that it is on."""

    outputs: Mapping[str, str]
    client: Callable[[str], Any]

    @classmethod
    def find(cls, stack: str | None) -> Self:
        """The stack named so on AWS, with boto3's own credentials; else the local one."""
        if stack is not None:
            return cls.of(stack, _on_aws)
        found = announced()
        if found is None:
            fail("no stack is up: `pilotfish up` keeps one, --stack names one on AWS", UNAVAILABLE)
        return cls.of(LOCAL_STACK, lambda service: client_of(found, service))

    def call(self, function: str, event: Any) -> Any:
        """The answer of a function, by the name of its output; an error of it ends the command."""
        reply = self.client("lambda").invoke(
            FunctionName=self.outputs[function], Payload=json.dumps(event)
        )
        answer = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            fail(f"the function failed: {answer.get('errorMessage', answer)}", FAILED)
        return answer

    @classmethod
    def of(cls, stack: str, client: Callable[[str], Any]) -> Self:
        """A stack that CloudFormation knows."""
        described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        return cls(outputs, client)


@contextmanager
def aws_errors_as_exit_codes() -> Iterator[None]:
    """What AWS or its client complains of is said in one line."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        fail(str(error), FAILED)
    except BotoCoreError as error:
        fail(str(error), UNAVAILABLE)


def _on_aws(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(read_timeout=ANSWER_S, retries={"total_max_attempts": 3})
    session: Any = boto3.Session()
    return session.client(service, config=config)
