"""`pilotfish bench`: fill to last follower's order, beside the floor."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from pilotfish_local.bench.copying import Row, measure
from pilotfish_local.cli.console import console, errors_as_exit_codes, print_json
from pilotfish_local.local_stack import running

ROUNDS = {1: 30, 10: 20, 100: 10, 1000: 4}


def bench(
    followers: Annotated[
        list[int] | None, typer.Option(help="A crowd; may be given again.")
    ] = None,
    auth: Annotated[bool, typer.Option(help="Let the embedded AWS enforce IAM.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """Time fills against bare ccxt in one run; the machine's noise is in both."""
    crowds = followers or list(ROUNDS)
    rows: list[Row] = []
    with (
        errors_as_exit_codes(),
        console.status("starting") as status,
        running(auth=auth, say=status.update) as local,
    ):
        for crowd in crowds:
            rows.append(asyncio.run(measure(local, crowd, ROUNDS.get(crowd, 5), status.update)))
    if as_json:
        print_json(rows)
    else:
        console.print(_table(rows))


def _table(rows: list[Row]) -> Table:
    table = Table(title="ms from the leader's fill to the last follower's order at the venue")
    for name in ("followers", "fills", "p50", "p95", "floor", "ratio"):
        table.add_column(name, justify="right")
    for name in ("seen", "decided", "sent"):
        table.add_column(name, justify="right")
    table.caption = "seen, decided, sent: medians over all orders, from the fill on"
    for row in rows:
        table.add_row(
            str(row.followers),
            str(row.rounds),
            *(f"{value:.0f}" for value in (row.p50_ms, row.p95_ms, row.floor_p50_ms)),
            f"{row.ratio:.1f}",
            *(f"{value:.0f}" for value in (row.seen_ms, row.decided_ms, row.sent_ms)),
        )
    return table
