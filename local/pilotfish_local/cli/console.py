"""Where the command line writes, and its exit codes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any, NoReturn

import typer
from rich.console import Console

# sysexits.h
FAILED = 1
USAGE = 64
BAD_INPUT = 65
NO_INPUT = 66
UNAVAILABLE = 69

console = Console(stderr=True)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """One JSON document on stdout; without an indent, on one line."""
    json.dump(value, sys.stdout, indent=indent, default=_plain)
    sys.stdout.write("\n")
    sys.stdout.flush()


def fail(message: str, exit_code: int) -> NoReturn:
    """Says in one line what is wrong, and ends."""
    console.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(exit_code)


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
        fail(str(trouble), UNAVAILABLE)
    except (DeploymentError, AwsStartError) as trouble:
        fail(f"the stack did not come up: {trouble}", FAILED)
