"""Starts a stack for a command: says what is under way, and ends it whatever happens."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from pilotfish_local.cli.console import console
from pilotfish_local.local_stack import MODELLED, LocalStack, Say, running

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def started(
    *, seed: int = 7, replays: Sequence[Path] = (), venues: Sequence[str] = MODELLED
) -> Iterator[LocalStack]:
    """A running stack; each step of its start is shown until it is up."""
    with signals_as_exit(), ExitStack() as stack:
        with progress("starting") as say:
            local = stack.enter_context(running(seed=seed, replays=replays, venues=venues, say=say))
        yield local


@contextmanager
def progress(first: str) -> Iterator[Say]:
    """A spinner in a terminal, a line for each step elsewhere."""
    if not console.is_terminal:
        yield lambda step: console.print(step, highlight=False)
        return
    with console.status(first) as status:
        yield status.update


@contextmanager
def signals_as_exit() -> Iterator[None]:
    """A signal to end leaves through every open block, with 128 and its number as exit code.

    SIGINT is taken even where the parent ignores it, as a shell does for its background jobs.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
