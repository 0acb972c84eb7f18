"""The stack that `pilotfish up` keeps, as another process sees it; or one for this call alone."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from pilotfish_local.cli.console import console
from pilotfish_local.cli.starting import started
from pilotfish_local.paths import UP_FILE

ANSWER_S = 150  # Longer than any function runs.


@dataclass(frozen=True, slots=True)
class RunningStack:
    """Function names by logical id, and a Lambda client."""

    functions: dict[str, str]
    client: Any

    @classmethod
    def find(cls) -> Self | None:
        """The stack that is up, if it answers."""
        found = announced()
        return None if found is None else cls(found["functions"], client_of(found, "lambda"))

    @classmethod
    @contextmanager
    def found_or_temporary(cls) -> Iterator[Self]:
        """The stack that is up; else one of its own, which ends with the block."""
        if found := cls.find():
            yield found
            return
        console.print("no stack is up, so one is started for this call; `pilotfish up` keeps one")
        with started() as local:
            yield cls(local.describe()["functions"], local.aws.client("lambda"))

    def invoke(self, logical_id: str, event: Any) -> tuple[Any, bool, str]:
        """The answer, whether it is an error, and the tail of the log."""
        reply = self.client.invoke(
            FunctionName=self.functions[logical_id], Payload=json.dumps(event), LogType="Tail"
        )
        log = base64.b64decode(reply.get("LogResult", "")).decode(errors="replace")
        return json.loads(reply["Payload"].read() or b"null"), "FunctionError" in reply, log


def announced() -> dict[str, Any] | None:
    """What `pilotfish up` wrote down of its stack, if that answers."""
    try:
        found: dict[str, Any] = json.loads(UP_FILE.read_text(encoding="utf-8"))
        urllib.request.urlopen(f"{found['aws']}/_ministack/health", timeout=10).close()  # noqa: S310
    except (OSError, ValueError):
        return None
    return found


def client_of(found: dict[str, Any], service: str) -> Any:
    """A client of the AWS that a stack was announced on."""
    import boto3
    from botocore.config import Config

    environment = found["environment"]
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=found["aws"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(read_timeout=ANSWER_S),
    )
