"""`pilotfish bench-live`: a fill to the last of many WebSocket clients, beside the posts alone."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from pilotfish_local.bench import moments, telling, valuing
from pilotfish_local.cli.console import console, errors_as_exit_codes, print_json
from pilotfish_local.local_stack import running

POSITIONS = 1_000
PRICED = 50


def bench_live(
    clients: Annotated[list[int] | None, typer.Option(help="A crowd; may be given again.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Fills for each crowd.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """Connect clients with mixed subscriptions, and time fills and bare posts in turns."""
    rows = []
    with (
        errors_as_exit_codes(),
        console.status("starting") as status,
        running(say=status.update) as local,
    ):
        for crowd in clients or [100, 1_000]:
            rows.append(asyncio.run(telling.measure(local, crowd, rounds, status.update)))
        status.update("prices, and coming back")
        at_once = asyncio.run(moments.measure(local, PRICED, rounds))
    worth = valuing.measure(POSITIONS)
    if as_json:
        print_json({"told": rows, "moments": at_once, "worth": worth})
        return
    console.print(_table(rows))
    console.print(
        f"prices at {at_once.clients} clients: {at_once.prices_a_second} a second, "
        f"{at_once.price_p50_ms} ms old (p95 {at_once.price_p95_ms} ms)\n"
        f"coming back: {at_once.back_p50_ms} ms, at worst {at_once.back_worst_ms} ms"
    )
    console.print(
        f"{worth.positions:,} positions: {worth.computed_ms} ms to value, "
        f"{worth.encoded_ms} ms to write"
    )


def _table(rows: list[telling.Told]) -> Table:
    table = Table(title="ms from the leader's fill to its listeners")
    names = ("clients", "fills", "seen", "p50", "p95", "last", "floor p50", "floor last", "ratio")
    for name in (*names, "connected in", "wrong"):
        table.add_column(name, justify="right")
    table.caption = (
        "seen: by the poller, within the others; floor: the same posts by bare HTTP; ratio: of "
        "the last ones, from seen on; wrong: messages not asked for, missing or out of order"
    )
    for row in rows:
        times = (row.seen_ms, row.p50_ms, row.p95_ms, row.last_ms, row.floor_p50_ms)
        table.add_row(
            f"{row.clients:,}",
            str(row.rounds),
            *(f"{ms:.0f}" for ms in (*times, row.floor_last_ms)),
            f"{row.ratio:.1f}",
            f"{row.connect_s:.0f} s",
            str(row.wrong),
        )
    return table
