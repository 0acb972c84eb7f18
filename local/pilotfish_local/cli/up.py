"""`pilotfish up`: the stack stays up until Ctrl-C."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer

from pilotfish_local.cli.console import console, errors_as_exit_codes, print_json
from pilotfish_local.cli.recordings import readable
from pilotfish_local.cli.starting import ENDING_SIGNALS, started
from pilotfish_local.paths import UP_FILE


def up(
    seed: Annotated[int, typer.Option(help="Of the exchange's prices.")] = 7,
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            callback=readable,
            help="Recorded trades (CSV, .gz) to take prices from; may be given again.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The URLs as one line of JSON.")] = False,
) -> None:
    """Bring the embedded AWS, the model exchange and the stack up, and keep them up."""
    with errors_as_exit_codes(), started(seed=seed, replays=replay or ()) as local:
        found = local.describe() | {"pid": os.getpid()}
        stop = Event()
        for number in ENDING_SIGNALS:
            signal.signal(number, lambda *_: stop.set())
        with _announced(found):
            if as_json:
                print_json(found, indent=None)
            else:
                for name in ("aws", "exchange", "socket", "api", "client"):
                    console.print(f"{name:>9}  {found[name]}")
                console.print("Ctrl-C ends it.")
            stop.wait()


@contextmanager
def _announced(found: dict[str, Any]) -> Iterator[None]:
    """`pilotfish invoke` finds the stack for as long as the block lasts."""
    UP_FILE.write_text(json.dumps(found), encoding="utf-8")
    try:
        yield
    finally:
        if _announced_pid() == os.getpid():  # A later `up` may have taken the file over.
            UP_FILE.unlink()


def _announced_pid() -> int | None:
    try:
        found: dict[str, Any] = json.loads(UP_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found.get("pid")
