"""The functions between a leader's fill and a follower's order, on the template's stack."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest

from pilotfish.clock import utc_ms
from pilotfish.settings import VenueSettings
from pilotfish.wiring import outside
from pilotfish_local.exchange import launch
from pilotfish_local.exchange_control import ExchangeControl
from tests.fakes.dynamo import OneAtATime
from tests.handlers.conftest import Load
from tests.handlers.core.stack import Stack

Start = Callable[..., ModuleType]


@pytest.fixture
def stack(aws: None) -> Stack:
    dynamodb = OneAtATime(boto3.client("dynamodb"))
    return Stack(dynamodb, boto3.client("kms"), boto3.client("stepfunctions"))


@pytest.fixture
def start(stack: Stack, load: Load, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Cold starts with the template's environment; the wiring finds the stack's venues and clock.

    With `real_venues` it finds ccxt, with `real_time` the time of day. Other arguments are the
    template's parameters.
    """
    monkeypatch.setattr(outside, "dynamodb", lambda: stack.dynamodb)
    real = outside.venues
    pools: list[Any] = []

    def pool(settings: VenueSettings) -> Any:
        pools.append(real(settings))
        return pools[-1]

    with contextlib.ExitStack() as opened:

        def cold(
            function: str, *, real_venues: bool = False, real_time: bool = False, **parameters: str
        ) -> ModuleType:
            for name, value in stack.environment(function, **parameters).items():
                monkeypatch.setenv(name, value)
            venues = pool if real_venues else lambda settings: stack.venues
            monkeypatch.setattr(outside, "venues", venues)
            if function == "waits":
                monkeypatch.setattr(outside, "public_venues", lambda _: stack.venues)
            monkeypatch.setattr(outside, "utc_ms", utc_ms if real_time else stack.clock)
            app = load(function)
            own = [*pools, getattr(getattr(app, "publish", None), "_venues", None)]
            pools.clear()
            for venues in filter(None, own):
                runner = getattr(app, "runner", None)
                run = runner.run if runner else asyncio.get_event_loop().run_until_complete
                opened.callback(_close, run, venues)
            return app

        yield cold


def _close(run: Callable[[Any], None], venues: Any) -> None:
    """Close a function's connections to venues, on the loop that they belong to."""
    run(venues.close())


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[Any]]:
    """What a function wrote to its log."""
    return lambda: [line for line in capsys.readouterr().out.splitlines() if line]


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeControl]:
    """The model exchange, as a process of its own; its prices stand still."""
    with launch("--tick-ms", "0") as url:
        yield ExchangeControl(url)
