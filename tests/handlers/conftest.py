"""Loads a function's app.py on moto, as Lambda does, and reads its sample events."""

import asyncio
import contextlib
import importlib.util
import json
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from moto import mock_aws

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "LAMBDA_TASK_ROOT": "/var/task",  # So that powertools keeps to one event loop, as on Lambda.
    "POWERTOOLS_SERVICE_NAME": "pilotfish",
    "POWERTOOLS_METRICS_NAMESPACE": "Pilotfish",
}

Load = Callable[[str], ModuleType]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS: nothing leaves this machine."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def load(aws: None) -> Iterator[Load]:
    """A cold start of a function: its app.py, run anew; what it holds open ends with the test."""
    with contextlib.ExitStack() as opened:

        def start(function: str) -> ModuleType:
            path = ROOT / "functions" / function / "app.py"
            spec = importlib.util.spec_from_file_location(f"functions_{function}_app", path)
            assert spec is not None
            assert spec.loader is not None
            app = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(app)
            _log_to_this_test()
            for close in _closers(function, app):
                opened.callback(close)
            return app

        yield start


def _closers(function: str, app: ModuleType) -> Iterator[Callable[[], None]]:
    if function == "executor":
        yield partial(_close_loop, asyncio.get_event_loop())
    for part in (
        getattr(app, "runner", None),
        getattr(app, "push", None),
        getattr(getattr(app, "broadcast", None), "_push", None),
    ):
        if part is not None:
            yield part.close


def _log_to_this_test() -> None:
    """powertools keeps one logger a process, and with it the standard output of its first test."""
    for handler in logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = sys.stdout  # `setStream` would flush one that is closed.


def _close_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Lambda freezes a loop between two events with its last steps undone; here they are done."""
    if left := asyncio.all_tasks(loop):
        loop.run_until_complete(asyncio.wait(left))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)


def sample(path: str) -> Any:
    return json.loads((ROOT / "events" / path).read_text())


def samples(function: str) -> list[str]:
    return sorted(f"{function}/{path.name}" for path in (ROOT / "events" / function).glob("*.json"))
