"""The functions between a leader's fill and a follower's order, on the template's stack."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
import pytest

from pilotfish import wiring
from tests.fakes.dynamo import OneAtATime
from tests.handlers.conftest import Load
from tests.handlers.core.stack import Stack

Start = Callable[..., ModuleType]


@pytest.fixture
def stack(aws: None) -> Stack:
    dynamodb = OneAtATime(boto3.client("dynamodb"))
    return Stack(dynamodb, boto3.client("kms"), boto3.client("stepfunctions"))


@pytest.fixture
def start(stack: Stack, load: Load, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Cold starts with the template's environment; the wiring finds the scene's venues and clock.

    `real_venues` and `real_time` leave these as they are.
    """
    monkeypatch.setattr(wiring, "dynamodb", lambda: stack.dynamodb)

    def cold(
        function: str, *, real_venues: bool = False, real_time: bool = False, **parameters: str
    ) -> ModuleType:
        for name, value in stack.environment(function, **parameters).items():
            monkeypatch.setenv(name, value)
        if not real_venues:
            monkeypatch.setattr(wiring, "venues", lambda settings: stack.venues)
        if not real_time:
            monkeypatch.setattr(wiring, "utc_ms", stack.clock)
        return load(function)

    return cold


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[Any]]:
    """What a function wrote to its log."""
    return lambda: [line for line in capsys.readouterr().out.splitlines() if line]
