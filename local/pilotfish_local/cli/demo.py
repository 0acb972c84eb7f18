"""`pilotfish demo`: leaders trade, followers follow, and the venue's book is counted."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table

from pilotfish_local.cli.console import FAILED, console, errors_as_exit_codes, print_json
from pilotfish_local.demo.live import LiveView
from pilotfish_local.demo.run import Outcome, Plan, run
from pilotfish_local.local_stack import LocalStack, running


def demo(
    leaders: Annotated[int, typer.Option(min=1, help="Leader accounts.")] = 1,
    followers: Annotated[int, typer.Option(min=1, help="Follower accounts, in all.")] = 10,
    fills: Annotated[int, typer.Option(min=1, help="Leader fills; then it ends.")] = 40,
    seed: Annotated[int, typer.Option(help="Of prices and of what the leaders do.")] = 7,
    venue: Annotated[str, typer.Option(help="binance, binanceusdm or delta.")] = "binanceusdm",
    pause: Annotated[float, typer.Option(min=0, help="Seconds between leader orders.")] = 0.25,
    replay: Annotated[
        Path | None,
        typer.Option(exists=True, help="Recorded trades (CSV, .gz) to take prices from."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Run the whole job and end with a summary; exit code 1 if a copy is missing or doubled."""
    plan = Plan(leaders, followers, fills, seed, venue, pause, replay)
    with errors_as_exit_codes():
        if as_json:
            outcome = _quiet(plan)
            print_json(_summary(plan, outcome))
        else:
            outcome = _live(plan)
            console.print(_table(outcome))
    if not outcome.verdict.clean:
        raise typer.Exit(FAILED)


def _quiet(plan: Plan) -> Outcome:
    with console.status("starting") as status, _stack(plan, status.update) as local:
        return asyncio.run(run(local, plan, lambda _: None, status.update))


def _live(plan: Plan) -> Outcome:
    with console.status("starting") as status:
        context = _stack(plan, status.update)
        local: LocalStack = context.__enter__()
    try:
        with Live(console=console, auto_refresh=False) as live:

            def show(view: LiveView) -> None:
                live.update(view.render(), refresh=True)

            return asyncio.run(run(local, plan, show, lambda _: None))
    finally:
        context.__exit__(None, None, None)


def _stack(plan: Plan, say):  # type: ignore[no-untyped-def]
    return running(seed=plan.seed, replays=[plan.replay] if plan.replay else [], say=say)


def _summary(plan: Plan, outcome: Outcome) -> dict[str, object]:
    verdict = outcome.verdict
    return {
        "leaders": plan.leaders,
        "followers": plan.followers,
        "venue": plan.venue,
        "fills": verdict.fills,
        "copies": verdict.copies,
        "missing": verdict.missing,
        "doubled": verdict.doubled,
        "excused": verdict.excused,
        "latency_ms": {"first_follower": verdict.first_ms, "last_follower": verdict.last_ms},
        "websocket": {"fills": outcome.seen_fills, "copies": outcome.seen_copies},
        "seconds": outcome.seconds,
        "profit": {name: f"{value:.2f}" for name, value in sorted(outcome.profits.items())},
    }


def _table(outcome: Outcome) -> Table:
    verdict = outcome.verdict
    table = Table(title="As the venue's own book has it", show_header=False, title_justify="left")
    for name in ("fills", "copies", "missing", "doubled"):
        table.add_row(name, str(getattr(verdict, name)))
    for reason, count in verdict.excused.items():
        table.add_row(reason, str(count))
    for name, latency in (("first", verdict.first_ms), ("last", verdict.last_ms)):
        if latency is not None:
            text = f"p50 {latency.p50} ms, p95 {latency.p95} ms, max {latency.max} ms"
            table.add_row(f"fill to {name} follower", text)
    table.add_row("WebSocket", f"{outcome.seen_fills} fills, {outcome.seen_copies} copies seen")
    return table
