"""`pilotfish up`: the stack stays up until Ctrl-C."""

import json
import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from pilotfish_local.cli.console import console, errors_as_exit_codes, print_json
from pilotfish_local.local_stack import running
from pilotfish_local.paths import UP_FILE


def up(
    seed: Annotated[int, typer.Option(help="Of the exchange's prices.")] = 7,
    replay: Annotated[
        Path | None, typer.Option(exists=True, help="Recorded trades to take prices from.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The URLs as JSON on stdout.")] = False,
) -> None:
    """Bring the embedded AWS, the model exchange and the stack up, and keep them up."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with errors_as_exit_codes():
        with console.status("starting") as status:
            context = running(seed=seed, replays=[replay] if replay else [], say=status.update)
            local = context.__enter__()
        try:
            found = local.describe()
            UP_FILE.write_text(json.dumps(found), encoding="utf-8")
            if as_json:
                print_json(found)
            else:
                for name in ("aws", "exchange", "socket"):
                    console.print(f"{name:>9}  {found[name]}")
                console.print("Ctrl-C ends it.")
            stop.wait()
        finally:
            UP_FILE.unlink(missing_ok=True)
            context.__exit__(None, None, None)
