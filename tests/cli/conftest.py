"""The command line as a person or a program calls it: a process, its output and its exit code."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilotfish_local.paths import ROOT

PILOTFISH = Path(sys.executable).parent / "pilotfish"
SHARED_TRADES = ROOT.parent / "shared/data/market/usdm_btcusdt_20240808.trades.csv.gz"

Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def pilotfish() -> Callable[..., Run]:
    """Runs a command to its end."""

    def run(*arguments: object) -> Run:
        return subprocess.run(
            [PILOTFISH, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "200", "TERM": "dumb"},
        )

    return run


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on; whatever the block leaves behind of it is killed."""
    process = subprocess.Popen(
        [PILOTFISH, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they did."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has just ended.
        parents[int(status.parent.name)] = int(fields[1])
    found: set[int] = set()
    while new := {p for p, parent in parents.items() if parent in {pid, *found}} - found:
        found |= new
    return found
