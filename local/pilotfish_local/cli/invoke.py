"""`pilotfish invoke`: what `sam local invoke` does, where there is no Docker."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotfish_local.cli.console import (
    BAD_INPUT,
    FAILED,
    NO_INPUT,
    USAGE,
    console,
    errors_as_exit_codes,
    fail,
    print_json,
)
from pilotfish_local.cli.running_stack import RunningStack
from pilotfish_local.paths import EVENTS, TEMPLATE


def invoke(
    function: Annotated[str, typer.Argument(help="poller, mapper, executor, … or its logical id.")],
    event: Annotated[
        Path | None, typer.Option("--event", "-e", help="JSON; the default is {}.")
    ] = None,
) -> None:
    """Run one function on an event: on the stack of `pilotfish up`, or on one for this call."""
    logical_id = _logical_id(function)
    payload = _read(event)
    with errors_as_exit_codes(), RunningStack.found_or_temporary() as stack:
        answer, failed, log = stack.invoke(logical_id, payload)
    console.print(log.rstrip(), highlight=False, markup=False, soft_wrap=True)
    print_json(answer)
    if failed:
        raise typer.Exit(FAILED)


def _logical_id(name: str) -> str:
    functions = {f.removesuffix("Function").lower(): f for f in _functions()}
    short = name.removesuffix("Function").lower()
    if short not in functions:
        fail(f"no function {name}; there are {', '.join(sorted(functions))}", USAGE)
    return functions[short]


def _functions() -> list[str]:
    from pilotfish_local.aws import template_yaml

    resources: dict[str, dict[str, str]] = template_yaml.load(TEMPLATE)["Resources"]
    return [key for key, it in resources.items() if it["Type"] == "AWS::Serverless::Function"]


def _read(path: Path | None) -> Any:
    if path is None:
        return {}
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        fail(f"no file {path}; the samples are in {EVENTS.name}/<function>/", NO_INPUT)
    except OSError as trouble:
        fail(f"{path} cannot be read: {trouble.strerror}", NO_INPUT)
    except ValueError as mistake:
        fail(f"{path} is not JSON: {mistake}", BAD_INPUT)
