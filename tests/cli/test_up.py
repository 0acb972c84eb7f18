"""`pilotfish up` keeps a stack, `pilotfish invoke` uses it, and a signal ends all of it."""

import json
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pilotfish_local.paths import EVENTS, UP_FILE

from .conftest import Run, descendants, started

pytestmark = pytest.mark.e2e

Up = tuple[subprocess.Popen[str], dict[str, Any]]


@pytest.fixture(scope="module", params=[signal.SIGINT, signal.SIGTERM])
def ending(request: pytest.FixtureRequest) -> signal.Signals:
    """How the stack of the module ends."""
    number: signal.Signals = request.param
    return number


@pytest.fixture(scope="module")
def up(ending: signal.Signals) -> Iterator[Up]:
    with started("up", "--json") as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def test_its_urls_answer(up: Up) -> None:
    _, found = up

    for name, scheme in (("aws", "http"), ("exchange", "http"), ("socket", "ws")):
        url = urlsplit(found[name])
        assert url.scheme == scheme
        with socket.create_connection((url.hostname or "", url.port or 0), timeout=5):
            pass


def test_a_shell_can_be_told_where_it_is(up: Up, pilotfish: Callable[..., Run]) -> None:
    _, found = up

    told = dict(line.split("=", 1) for line in pilotfish("env").stdout.splitlines())

    assert set(told) == {"API", "COGNITO", "CLIENT", "SOCKET", "EXCHANGE"}
    for name, value in told.items():
        assert shlex.split(value) == [found[name.lower()]]


@pytest.mark.parametrize(
    ("function", "event", "answer"),
    [
        ("mapper", "usdm", {"batchItemFailures": []}),
        ("MapperFunction", "usdm", {"batchItemFailures": []}),
        ("broadcaster", "order_copied", {"batchItemFailures": []}),
    ],
)
def test_a_sample_event_is_handled(
    up: Up, pilotfish: Callable[..., Run], function: str, event: str, answer: object
) -> None:
    folder = function.removesuffix("Function").lower()

    run = pilotfish("invoke", function, "-e", EVENTS / folder / f"{event}.json")

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == answer
    assert "no stack is up" not in run.stderr


def test_a_function_that_raises_is_exit_code_1(
    up: Up, pilotfish: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "nonsense.json").write_text('{"follow_id": 1}')

    run = pilotfish("invoke", "retry", "-e", tmp_path / "nonsense.json")

    assert run.returncode == 1, run.stderr
    assert json.loads(run.stdout)["errorType"]


def test_a_signal_ends_it_and_leaves_no_process(up: Up, ending: signal.Signals) -> None:
    process, found = up
    children = descendants(process.pid)
    assert len(children) >= 3

    process.send_signal(ending)
    rest, log = process.communicate(timeout=30)

    assert (process.returncode, rest) == (0, ""), log
    assert "Traceback" not in log
    _assert_gone(children)
    assert not UP_FILE.exists() or json.loads(UP_FILE.read_text())["pid"] != found["pid"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_it_too(number: signal.Signals) -> None:
    with started("up", "--json") as process:
        assert process.stderr is not None
        while "embedded AWS" not in process.stderr.readline():
            pass
        time.sleep(0.5)
        children = descendants(process.pid)
        assert children

        process.send_signal(number)
        printed, log = process.communicate(timeout=30)

    assert (process.returncode, printed) == (128 + number, ""), log
    assert "Traceback" not in log
    _assert_gone(children)


def _assert_gone(pids: set[int]) -> None:
    for _ in range(50):
        left = {pid for pid in pids if Path(f"/proc/{pid}").exists()}
        if not left:
            return
        time.sleep(0.1)
    pytest.fail(f"still there: {left}")
