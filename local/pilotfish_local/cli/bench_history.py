"""`pilotfish bench-history`: trades a minute of a back-fill, and what bounds it."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from pilotfish_local.bench.history import Row, reading, whole, writing
from pilotfish_local.cli.console import console, errors_as_exit_codes, print_json
from pilotfish_local.local_stack import running

LEAST = 10_000  # Trades a minute that were promised.
PACED = 5_000  # Trades at the deployed pace, whose figure needs no more of them.
WAITS = 0.2
LIFTED = {"HistoryTradesPerSecond": "100000"}


def bench_history(
    trades: Annotated[int, typer.Option(min=1_000, help="How many.")] = 20_000,
    faults: Annotated[
        bool, typer.Option(help="Also with a venue that misbehaves and workers that are killed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """Back-fill an account through the state machine, and its parts alone, in one run."""
    rows: list[Row] = []
    with errors_as_exit_codes(), console.status("starting") as status:
        with running(say=status.update) as local:
            rows.append(whole(local, "as deployed", "paced", min(PACED, trades), status.update))
        with running(parameters=LIFTED, say=status.update) as local:
            read, fills = asyncio.run(reading(local, "read", trades))
            rows += [read, asyncio.run(writing(local, fills))]
            rows.append(whole(local, "pace lifted", "lifted", trades, status.update))
        if faults:
            with running(parameters=LIFTED, wait_scale=WAITS, say=status.update) as local:
                what = "in trouble, waits at a fifth"
                rows.append(whole(local, what, "hard", trades, status.update, trouble=True))
    if as_json:
        print_json([{**_fields(row), "per_minute": row.per_minute} for row in rows])
    else:
        console.print(_table(rows))


def _fields(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in Row.__slots__}


def _table(rows: list[Row]) -> Table:
    table = Table(title="a back-fill of 30 days, in trades a minute")
    table.add_column("what")
    for name in ("trades", "seconds", "a minute", "faults", "kills"):
        table.add_column(name, justify="right")
    for row in rows:
        figures = (row.trades, f"{row.seconds:.1f}", row.per_minute, row.faults, row.kills)
        table.add_row(row.what, *(f"{f:,}" if isinstance(f, int) else f for f in figures))
    table.caption = (
        f"promised: {LEAST:,}. As deployed the bound is HistoryTradesPerSecond, which leaves half "
        "of the account's partition to live fills; lifted, it is the slower of the parts"
    )
    return table
