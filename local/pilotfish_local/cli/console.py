"""Where the command line writes, and its exit codes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any

import typer
from rich.console import Console

# sysexits.h
FAILED = 1
USAGE = 64
NO_INPUT = 66
UNAVAILABLE = 69

console = Console(stderr=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    json.dump(value, sys.stdout, indent=2, default=_plain)
    sys.stdout.write("\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """What a person can mend is said in one line; the rest is a traceback."""
    from pilotfish_local.aws.deploy import DeploymentError
    from pilotfish_local.aws.embedded import AwsStartError
    from pilotfish_local.local_stack import NotBuilt

    try:
        yield
    except NotBuilt as trouble:
        console.print(f"[red]{trouble}[/red]")
        raise typer.Exit(UNAVAILABLE) from trouble
    except (DeploymentError, AwsStartError) as trouble:
        console.print(f"[red]the stack did not come up:[/red] {trouble}")
        raise typer.Exit(FAILED) from trouble
    except KeyboardInterrupt as stop:
        raise typer.Exit(130) from stop
