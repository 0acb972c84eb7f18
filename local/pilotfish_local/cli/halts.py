"""`pilotfish halts`: the kill switch, and what operators did, without the HTTP API."""

import getpass
import secrets
from typing import Annotated

import typer

from pilotfish.adapters.dynamo.halts import DynamoHalts
from pilotfish.adapters.dynamo.trail import DynamoTrail
from pilotfish.clock import utc_ms
from pilotfish.domain.halts import BadScope
from pilotfish.domain.trail import NoReason
from pilotfish.usecases.halt import HaltEntries, NotHalted
from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack
from pilotfish_local.cli.moments import shown

halts = typer.Typer(
    help="Stop entries of everything, a venue or a leader, and let them go; exits always go.",
    no_args_is_help=True,
)

Scope = Annotated[str, typer.Argument(help="all, venue:okx, or leader:ACCOUNT.")]
Why = Annotated[str, typer.Option(help="Kept on the trail.")]
By = Annotated[str, typer.Option(help="Who does it.")]


@halts.command("list")
def list_(stack: Stack = None, as_json: AsJson = False) -> None:
    """What is halted, since when, by whom and why."""
    with aws_errors_as_exit_codes():
        standing = _switch(Deployed.find(stack)).standing()
    if as_json:
        print_json(standing)
        return
    for halt in standing:
        typer.echo(f"{halt.scope}  since {shown(halt.at_ms)} by {halt.by}: {halt.why}")
    if not standing:
        typer.echo("nothing is halted")


@halts.command("set")
def set_(scope: Scope, why: Why, by: By = "", stack: Stack = None) -> None:
    """No entry leaves a second from now on; what is missed is not made up for."""
    with aws_errors_as_exit_codes():
        try:
            _switch(Deployed.find(stack)).halt(scope, by or getpass.getuser(), why)
        except (BadScope, NoReason) as bad:
            fail(str(bad), USAGE)
    typer.echo(f"halted  {scope}")


@halts.command()
def lift(scope: Scope, why: Why, by: By = "", stack: Stack = None) -> None:
    """New entries are sent again."""
    with aws_errors_as_exit_codes():
        try:
            _switch(Deployed.find(stack)).lift(scope, by or getpass.getuser(), why)
        except (BadScope, NoReason) as bad:
            fail(str(bad), USAGE)
        except NotHalted as missing:
            fail(str(missing), FAILED)
    typer.echo(f"lifted  {scope}")


@halts.command()
def trail(
    subject: Annotated[str, typer.Option(help="An account, all, or venue:okx.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """What operators did, the latest first."""
    with aws_errors_as_exit_codes():
        deployed = Deployed.find(stack)
        kept = DynamoTrail(deployed.client("dynamodb"), deployed.outputs["TrailTableName"])
        found = kept.of_subject(subject, "", limit) if subject else kept.latest("", limit)
    if as_json:
        print_json(found)
        return
    for each in found:
        said = f"{each.verb} {each.subject} {each.detail}".strip()
        typer.echo(f"{shown(each.at_ms)}  {each.by}  {said}: {each.why}")


def _switch(deployed: Deployed) -> HaltEntries:
    outputs = deployed.outputs
    return HaltEntries(
        halts=DynamoHalts(
            deployed.client("dynamodb"), outputs["HaltsTableName"], outputs["TrailTableName"]
        ),
        clock=utc_ms,
        new_number=lambda: secrets.token_hex(6),
    )
