"""`pilotfish watch`: what happens, as it happens."""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Annotated, Any

import typer
from rich.live import Live

from pilotfish.client import Feed, LiveClient, LiveError
from pilotfish.domain.channels import UnknownChannel, parse_channel
from pilotfish.domain.messages import Told, encode
from pilotfish_local.cli.console import FAILED, USAGE, console, fail
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import Stack
from pilotfish_local.cli.running_stack import announced
from pilotfish_local.cli.starting import signals_as_exit
from pilotfish_local.cli.watch_view import View, lines

SHOWN = ("trades", "copies", "alerts")
TOKEN = "PILOTFISH_TOKEN"  # noqa: S105 - a name
REFRESH_S = 0.25

Show = Callable[[Told], None]


def watch(
    channels: Annotated[
        list[str] | None,
        typer.Argument(help="trades, copies, orders, price_updates:BTCUSDT, trader:ACCOUNT, …"),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--as", help="What this user sees; else what operators see.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help=f"A server's; the bearer token is taken from {TOKEN}.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--for", help="End after so many seconds.")
    ] = None,
    stack: Stack = None,
    as_json: Annotated[bool, typer.Option("--json", help="Each message as a line.")] = False,
) -> None:
    """Show fills, copies, prices, … live, until Ctrl-C; it connects again by itself."""
    names = channels or list(SHOWN)
    for name in names:
        try:
            parse_channel(name)
        except UnknownChannel as unknown:
            fail(f"{name}: {unknown}", USAGE)
    with signals_as_exit(), aws_errors_as_exit_codes():
        client = _client(url, stack, user)
        view = View(names) if console.is_terminal and not as_json else None
        show = view.show if view else _print_json if as_json else _print_lines
        try:
            asyncio.run(_watch(client, names, show, view, seconds))
        except LiveError as error:
            fail(str(error), FAILED)


def _client(url: str | None, stack: str | None, user: str | None) -> LiveClient:
    """By a token of one's own, or with tickets that whoever runs the stack may write."""
    if url is not None:
        return LiveClient(url, token=os.environ.get(TOKEN))
    from pilotfish.adapters.dynamo.tickets import DynamoTickets
    from pilotfish.clock import utc_ms
    from pilotfish.domain.viewers import Viewer

    deployed = Deployed.find(stack)
    found = announced() if stack is None else None
    address = found["socket"] if found else deployed.outputs["SocketUrl"]
    tickets = DynamoTickets(deployed.client("dynamodb"), deployed.outputs["ConnectionsTableName"])
    viewer = Viewer(user) if user else Viewer("operator", operator=True)
    return LiveClient(lambda: f"{address}?ticket={tickets.issue(viewer, utc_ms())}")


async def _watch(
    client: LiveClient, names: list[str], show: Show, view: View | None, seconds: float | None
) -> None:
    display = Live(console=console, auto_refresh=False, screen=False) if view else nullcontext()
    async with client:
        tasks = [asyncio.create_task(_follow(client.feed(name), show)) for name in names]
        try:
            with display, suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not (done := [task for task in tasks if task.done()]):
                        if view and isinstance(display, Live):
                            display.update(view.render(client), refresh=True)
                        await asyncio.wait(
                            tasks, timeout=REFRESH_S, return_when=asyncio.FIRST_COMPLETED
                        )
                    await done[0]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(feed: Feed[Any], show: Show) -> None:
    async for message in feed:
        show(message)


def _print_json(message: Told) -> None:
    sys.stdout.write(encode(message).decode() + "\n")
    sys.stdout.flush()


def _print_lines(message: Told) -> None:
    for line in lines(message):
        typer.echo(line)
