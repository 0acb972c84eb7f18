"""`pilotfish demo`: leaders trade, followers follow, and the venue's book is counted."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live

from pilotfish_local.cli.console import FAILED, console, errors_as_exit_codes, print_json
from pilotfish_local.cli.demo_summary import as_document, as_table
from pilotfish_local.cli.recordings import bases_at, readable
from pilotfish_local.cli.starting import progress, started
from pilotfish_local.demo.plan import Plan
from pilotfish_local.demo.run import Outcome, run
from pilotfish_local.demo.scenario import traded_bases
from pilotfish_local.local_stack import LocalStack


class Venue(StrEnum):
    """The venues that the model exchange plays."""

    BINANCE = "binance"
    BINANCEUSDM = "binanceusdm"
    BYBIT = "bybit"
    OKX = "okx"
    DELTA = "delta"


def demo(
    leaders: Annotated[int, typer.Option(min=1, help="Leader accounts.")] = 1,
    followers: Annotated[int, typer.Option(min=1, help="Follower accounts, in all.")] = 10,
    fills: Annotated[int, typer.Option(min=1, help="Leader fills; then it ends.")] = 40,
    seed: Annotated[int, typer.Option(help="Of prices and of what the leaders do.")] = 7,
    venue: Annotated[Venue, typer.Option(help="Where all trade.")] = Venue.BINANCEUSDM,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between leader orders.")] = 0.25,
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            callback=readable,
            help="Recorded trades (CSV, .gz) as the market; may be given again.",
        ),
    ] = None,
    warm_up: Annotated[
        bool, typer.Option(help="First let a pair of its own trade, which is not counted.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Run the whole job and end with a summary; exit code 1 if a copy is missing or doubled."""
    replays = tuple(replay or ())
    bases = bases_at(venue, replays, traded_bases(venue))
    plan = Plan(leaders, followers, fills, seed, venue, pause, replays, bases, warm_up)
    with errors_as_exit_codes(), started(seed=seed, replays=replays, venues=[venue]) as local:
        outcome = _run(local, plan, live=console.is_terminal and not as_json)
    if as_json:
        print_json(as_document(plan, outcome))
    else:
        console.print(as_table(plan, outcome))
    if not outcome.verdict.clean:
        raise typer.Exit(FAILED)


def _run(local: LocalStack, plan: Plan, *, live: bool) -> Outcome:
    if not live:
        with progress("trading") as say:
            return asyncio.run(run(local, plan, lambda _: None, say))
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as display:
        return asyncio.run(
            run(
                local,
                plan,
                show=lambda screen: display.update(screen.render(), refresh=True),
                say=lambda step: display.update(step, refresh=True),
            )
        )
