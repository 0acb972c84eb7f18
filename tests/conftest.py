"""What suites share: one running stack, the size of the chaos, and lines for the end of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pilotfish_local.local_stack import LocalStack
    from tests.stage import Scene

WAIT_SCALE = 0.2  # of the waits of state machines
CLOSING = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chaos", "how much the venue and the workers misbehave, and for whom")
    group.addoption("--chaos-fills", type=int, default=60, help="leader fills (default 60)")
    group.addoption("--chaos-followers", type=int, default=4, help="followers (default 4)")
    group.addoption("--chaos-seed", type=int, default=7, help="of trades and faults (default 7)")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CLOSING] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash[CLOSING]
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _aws_described_once() -> Iterator[None]:
    """botocore reads its files about AWS once a process: moto has each test begin a session."""
    from botocore.loaders import JSONFileLoader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", staticmethod(cache(JSONFileLoader().load_file)))
        yield


@pytest.fixture(scope="session")
def closing_line(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Prints a line with the figures of a part when the run is over, passed or failed."""
    return pytestconfig.stash[CLOSING].append


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that printed or logged a key has failed."""
    report = yield
    if report.passed and any("CaNaRy" in text for _, text in report.sections):
        report.outcome, report.longrepr = "failed", "a key is in what was printed or logged"
    return report


@pytest.fixture(scope="session")
def local(closing_line: Callable[[str], None]) -> Iterator[LocalStack]:
    """One running stack for all that needs one; each test brings accounts of its own.

    Once all have run, no key that any of them planted is found outside its sealed item.
    """
    from pilotfish_local.local_stack import running

    with running(wait_scale=WAIT_SCALE) as stack:
        yield stack
        from tests.canaries import canaries_of

        began = time.monotonic()
        found = canaries_of(stack)
        closing_line(
            f"keys found outside sealed items: {len(found)} ({time.monotonic() - began:.0f} s)"
        )
        assert not found, "\n".join(found)


@pytest.fixture
def scene(local: LocalStack) -> Iterator[Scene]:
    """A leader whom the poller listens to, on a venue that behaves again afterwards."""
    from tests.stage import new_scene

    yield new_scene(local, "binanceusdm")
    local.exchange.clear_faults()
