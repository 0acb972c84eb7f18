"""`pilotfish replay`: copies that failed come back to life, where that is safe."""

from typing import Annotated, Any

import typer

from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack
from pilotfish_local.cli.moments import since

REFUSED = "refused"
FUNCTION = "ReplayFunctionName"


def replay(
    order: Annotated[
        str | None, typer.Argument(help="A copy order, as `pilotfish history` shows it.")
    ] = None,
    failed_since: Annotated[
        str | None,
        typer.Option(help="All that failed since 2h, 30m, 7d ago, or 2026-03-31T12:00 (UTC)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Replay one copy that failed, or all since a time. What did arrive is never sent again."""
    since_ms = since(failed_since)
    if (order is None) is (since_ms is None):
        fail("name one order, or a time with --failed-since", USAGE)
    with aws_errors_as_exit_codes():
        replayed = _replayed(Deployed.find(stack), order, since_ms, dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "orders": replayed})
    else:
        for each in replayed:
            _print(each, dry_run)
    if order is not None and replayed[0]["verdict"] == REFUSED:
        raise typer.Exit(FAILED)


def _replayed(
    deployed: Deployed, order: str | None, since_ms: int | None, dry_run: bool
) -> list[dict[str, Any]]:
    """Page by page: a function takes on only so many at a time."""
    event: dict[str, Any] = {"dry_run": dry_run}
    if order is not None:
        follow_id, _, order_key = order.partition("/")
        key = {"follow_id": follow_id, "order_key": order_key}
        named: list[dict[str, Any]] = deployed.call(FUNCTION, event | {"orders": [key]})["orders"]
        return named
    replayed: dict[str, dict[str, Any]] = {}
    while since_ms is not None:
        page = deployed.call(FUNCTION, event | {"since_ms": since_ms})
        replayed = {each["order_id"]: each for each in page["orders"]} | replayed
        more_ms: int | None = page["more_since_ms"]
        if more_ms == since_ms:
            fail(f"more orders failed at {since_ms} than one call takes on: name them", FAILED)
        since_ms = more_ms
    return list(replayed.values())


def _print(each: dict[str, Any], dry_run: bool) -> None:
    verdict = each["verdict"].replace("_", " ")
    would = "would be " if dry_run and each["verdict"] == "sent_again" else ""
    why = f": {each['why']}" if each["why"] else ""
    typer.echo(f"{would}{verdict}  {each['order_id']} (was {each['was']}){why}")
