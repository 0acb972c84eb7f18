"""One embedded AWS for the whole run, and tiny stacks deployed to it through CloudFormation."""

from __future__ import annotations

import os
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pilotfish_local.aws.deploy import Stack, deploy
from pilotfish_local.aws.embedded import EmbeddedAws
from pilotfish_local.aws.invoke import InvokeResult, invoke

ROOT = Path(__file__).parents[3]
T = TypeVar("T")


def aws_interpreter() -> Path:
    """The interpreter that holds MiniStack: PILOTFISH_AWS_PYTHON, or what `make setup` lays."""
    default = ROOT / ".build" / "emulator" / "bin" / "python"
    return Path(os.environ.get("PILOTFISH_AWS_PYTHON", default))


def eventually(look: Callable[[], T], seconds: float = 20.0) -> T:
    """The first true answer of `look`; a failure of the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return answer


@dataclass(frozen=True)
class Deployed:
    """A stack under test and the AWS that runs it."""

    aws: EmbeddedAws
    stack: Stack

    def physical(self, logical_id: str) -> str:
        return self.stack.resources[logical_id]

    def invoke(self, function: str, event: Any = None) -> InvokeResult:
        return invoke(self.aws, function, event, stack=self.stack)

    def log(self, function: str) -> list[str]:
        """All that the function has logged, oldest first; nothing before it first ran."""
        logs = self.aws.client("logs")
        group = f"/aws/lambda/{self.physical(function)}"
        try:
            rows = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [row["message"] for row in rows]


class Workshop:
    """Writes a template with its handlers into a folder and deploys it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))

    def deploy(self, aws: EmbeddedAws, template: str, **handlers: str) -> Deployed:
        """Deploy `template`, with each handler as `code/<name>/app.py`."""
        for name, code in handlers.items():
            self.write(f"code/{name}/app.py", code)
        self.write("template.yaml", template)
        name = f"contract-{uuid.uuid4().hex[:8]}"
        return Deployed(aws, deploy(aws, self.folder / "template.yaml", stack_name=name))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "bundle")


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws.start(
        interpreter=aws_interpreter(), state_dir=tmp_path_factory.mktemp("aws"), wait_scale=0.01
    ) as running:
        yield running


@pytest.fixture
def unrepaired(tmp_path: Path) -> Iterator[Callable[[str], EmbeddedAws]]:
    """Starts an AWS without one repair, to show what that repair is for."""
    started: list[EmbeddedAws] = []

    def start(repair: str) -> EmbeddedAws:
        started.append(
            EmbeddedAws.start(
                interpreter=aws_interpreter(),
                state_dir=tmp_path / f"without-{repair}",
                wait_scale=0.01,
                without_repairs=[repair],
            )
        )
        return started[-1]

    yield start
    for running in started:
        running.stop()
