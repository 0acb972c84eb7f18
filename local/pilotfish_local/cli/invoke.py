"""`pilotfish invoke`: what `sam local invoke` does, where there is no Docker."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotfish_local.cli.console import (
    FAILED,
    NO_INPUT,
    USAGE,
    console,
    errors_as_exit_codes,
    print_json,
)
from pilotfish_local.cli.running_stack import RunningStack
from pilotfish_local.paths import EVENTS


def invoke(
    function: Annotated[str, typer.Argument(help="poller, mapper, executor, … or its logical id.")],
    event: Annotated[
        Path | None, typer.Option("--event", "-e", help="JSON; the default is {}.")
    ] = None,
) -> None:
    """Run one function on an event, on the stack that is up or on one made for it."""
    payload = _read(event)
    logical_id = function if function.endswith("Function") else f"{function.title()}Function"
    with errors_as_exit_codes():
        found = RunningStack.find()
        with nullcontext(found) if found else RunningStack.temporary() as stack:
            if logical_id not in stack.functions:
                names = ", ".join(sorted(stack.functions))
                console.print(f"[red]no function {logical_id}; there are {names}[/red]")
                raise typer.Exit(USAGE)
            answer, failed, log = stack.invoke(logical_id, payload)
    console.print(log, highlight=False, markup=False)
    print_json(answer)
    if failed:
        raise typer.Exit(FAILED)


def _read(path: Path | None) -> Any:
    if path is None:
        return {}
    if not path.exists():
        console.print(f"[red]no file {path}; the samples are in {EVENTS.name}/[/red]")
        raise typer.Exit(NO_INPUT)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as mistake:
        console.print(f"[red]{path} is not JSON: {mistake}[/red]")
        raise typer.Exit(NO_INPUT) from mistake
