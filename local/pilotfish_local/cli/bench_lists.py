"""`pilotfish bench-lists`: what a page of each list reads, and takes, while the tables grow."""

import os
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.table import Table

from pilotfish.clock import utc_ms
from pilotfish.settings import ApiSettings
from pilotfish_local.bench.full_tables import FullTables, Member
from pilotfish_local.bench.listing import Paged, in_process, lists, measured, over_http, wrong
from pilotfish_local.cli.console import FAILED, console, errors_as_exit_codes, fail, print_json
from pilotfish_local.local_stack import LocalStack, running
from pilotfish_local.members import sign_up

SIZES = "1000,1000000"
QUIET = {"Schedules": "DISABLED"}

Say = Callable[[str], None]


def bench_lists(
    sizes: Annotated[str, typer.Option(help="Fills, and as many copies; up to 1000000.")] = SIZES,
    times: Annotated[int, typer.Option(min=1, help="How often each page is asked for.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The pages as JSON.")] = False,
) -> None:
    """Fill the tables, and ask for pages as a member who has as much as each of the others.

    Ends with 1 when a page scans, takes more queries than it may, or reads more in larger tables.
    """
    each = Member()
    if not all(size.isdecimal() and int(size) >= each.fills for size in sizes.split(",")):
        raise typer.BadParameter(f"sizes are numbers from {each.fills} on, with commas between")
    wanted = sorted({int(size) for size in sizes.split(",")})
    with (
        errors_as_exit_codes(),
        console.status("starting") as status,
        running(parameters=QUIET, venues=("binanceusdm",), say=status.update) as local,
    ):
        pages = _measured(local, each, wanted, times, status.update)
    faults = wrong(pages)
    if as_json:
        print_json({"pages": pages, "wrong": faults})
    else:
        console.print(_table(pages))
    if faults:
        fail("\n".join(faults), FAILED)


def _measured(
    local: LocalStack, each: Member, sizes: Sequence[int], times: int, say: Say
) -> list[Paged]:
    say("taking the readers of the streams away")
    _hush(local)
    client, member = local.aws.client("dynamodb"), sign_up(local, "lists@example.com")
    tables = FullTables(client, local.aws.load, local.name, member.user, utc_ms(), each)
    say(f"publishing {each.leaders:,} leaders")
    tables.begin()
    function = local.aws.client("lambda").get_function_configuration(
        FunctionName=local.name("ApiFunction")
    )
    settings = ApiSettings.from_env(function["Environment"]["Variables"])
    os.environ.update(local.aws.environment())  # For the clients that the API makes itself.
    here = in_process(settings, client, member.user)
    there = over_http(local.api_url, member.headers)
    pages = []
    for size in sizes:
        say(f"writing {size:,} fills and as many copies")
        tables.grow(size)
        for listed in lists(tables.account_id):
            say(f"{size:,}: {listed.name}")
            pages += measured(listed, size, client, here, there, times)
    return pages


def _hush(local: LocalStack) -> None:
    """Nobody wakes for what is written: the embedded streams would keep a copy of each item."""
    functions = local.aws.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    for table in ("FillsTable", "CopyOrdersTable"):
        local.aws.client("dynamodb").update_table(
            TableName=local.name(table), StreamSpecification={"StreamEnabled": False}
        )


def _table(pages: Sequence[Paged]) -> Table:
    sizes = sorted({page.size for page in pages})
    table = Table(title="a page of each list: ms by HTTP, least/p50/p95, by fills in the table")
    table.add_column("list", no_wrap=True)
    for name in ("page", "queries", "gets", "items", *(f"{size:,}" for size in sizes)):
        table.add_column(name, justify="right")
    rows: dict[tuple[str, int], list[Paged]] = {}
    for page in pages:
        rows.setdefault((page.listed.name, page.page), []).append(page)
    for (name, number), row in rows.items():
        most = max((page.reads for page in row), key=lambda reads: reads.looked)
        counts = (number, most.queries, most.gets, most.looked)
        times = (f"{page.least_ms:.0f}/{page.p50_ms:.0f}/{page.p95_ms:.0f}" for page in row)
        table.add_row(name, *(str(count) for count in counts), *times)
    table.caption = (
        "queries, gets and items looked at are the same at every size, or this ends with 1; the "
        "embedded DynamoDB goes through a whole partition for each query, whatever its limit"
    )
    return table
