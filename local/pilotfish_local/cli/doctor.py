"""`pilotfish doctor`: what this machine lacks, and how to get it."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from pilotfish_local.cli.console import UNAVAILABLE, console, print_json
from pilotfish_local.paths import EMULATOR_PYTHON, LAYERS

DOCKER_S = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` says how to get it when it is missing."""

    name: str
    there: bool
    needed: bool
    advice: str


def findings() -> Iterator[Finding]:
    """Everything that Pilotfish can make use of on a laptop."""
    version = ".".join(map(str, sys.version_info[:2]))
    yield Finding(
        f"Python 3.11 to 3.13 ({version})",
        (3, 11) <= sys.version_info[:2] <= (3, 13),
        True,
        "apt-get install python3 python3-venv, then PYTHON=python3.x make setup",
    )
    for tool, needed, advice in (
        ("make", True, "apt-get install make"),
        ("node", False, "apt-get install nodejs npm: the dashboard is built with it"),
        ("sam", False, "pipx install aws-sam-cli: only `make deploy` needs it"),
    ):
        yield Finding(tool, shutil.which(tool) is not None, needed, advice)
    advice = "only `sam local invoke` needs it; `pilotfish invoke` does the same without"
    yield Finding("docker, and its daemon", _docker_answers(), False, advice)
    yield Finding("embedded AWS", EMULATOR_PYTHON.exists(), True, "make setup")
    for name, folder in LAYERS.items():
        yield Finding(f"{name} for this machine", folder.is_dir(), True, "make build")
    yield Finding("a free port on 127.0.0.1", _can_listen(), True, "allow loopback sockets")


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        subprocess.run([docker, "version"], capture_output=True, check=True, timeout=DOCKER_S)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _can_listen() -> bool:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError:
        return False
    return True


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Look at this machine; exit code 69 if something that is needed is missing."""
    found = list(findings())
    if as_json:
        print_json(found)
    else:
        table = Table(show_header=False)
        for finding in found:
            mark = "[green]ok[/]" if finding.there else "[red]missing[/]"
            if not finding.there and not finding.needed:
                mark = "[yellow]optional[/]"
            table.add_row(mark, finding.name, "" if finding.there else finding.advice)
        console.print(table)
    if any(finding.needed and not finding.there for finding in found):
        raise typer.Exit(UNAVAILABLE)
