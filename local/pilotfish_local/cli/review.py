"""`pilotfish trades`, `correct` and `asides`: what a person does about an account's trades."""

import getpass
from typing import Annotated, Any

import typer

from pilotfish.domain.corrections import Verb
from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack
from pilotfish_local.cli.moments import shown, since

FUNCTION = "ReviewFunctionName"

Account = Annotated[str, typer.Argument(help="An account.")]
Aside = Annotated[str, typer.Argument(help="One that was set aside, as `asides list` shows it.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="price=99.5; may be given again.", metavar="N=V")
]
By = Annotated[str | None, typer.Option(help="Who says so; the default is you.")]
Why = Annotated[str, typer.Option("--why", help="Kept with it.")]

asides = typer.Typer(
    help="What venues reported as trades and cannot be: not copied, until you say what it is.",
    no_args_is_help=True,
)


def trades(
    account: Account,
    when: Annotated[
        str | None, typer.Option("--since", help="2h, 7d ago, or 2026-03-31T12:00 (UTC).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="The last so many.")] = 50,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """An account's trades as they are to be read, with what was said of them."""
    asked = {"account_id": account, "since_ms": since(when) or 0, "limit": limit}
    found = _asked(stack, "trades", **asked)
    if as_json:
        print_json(found)
        return
    for each in found:
        _print_trade(each)


def correct(
    account: Account,
    fill: Annotated[str, typer.Argument(help="A fill, as `trades` shows it.")],
    verb: Annotated[Verb, typer.Argument(help="What to do with it.")],
    sets: Sets = None,
    why: Why = "",
    by: By = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Say something of a fill, on top of it. Copying goes by what happened and takes no notice."""
    said = {"verb": verb, "changes": _changes(sets), "note": why, "by": by or getpass.getuser()}
    after = _asked(stack, "correct", account_id=account, fill_id=fill, **said)
    if as_json:
        print_json(after)
    else:
        _print_trade(after)


@asides.command("list")
def list_(
    account: Annotated[str, typer.Option(help="All of this account's, the judged ones too.")] = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """What waits for you, oldest first."""
    found = _asked(stack, "asides", account_id=account)
    if as_json:
        print_json(found)
        return
    for each in found:
        seen = shown(each["seen_ms"])
        typer.echo(f"{each['account_id']}  {each['flaw']}  {each['state']}  seen {seen}")
        typer.echo(f"    {each['aside_id']}")
        typer.echo(f"    {each['raw']}")


@asides.command()
def release(
    account: Account,
    aside: Aside,
    sets: Sets = None,
    why: Why = "",
    by: By = None,
    stack: Stack = None,
) -> None:
    """Correct it: the poller writes it down as a fill, and followers copy what is not too late."""
    said = {"changes": _changes(sets), "note": why, "by": by or getpass.getuser()}
    after = _asked(stack, "release", account_id=account, aside_id=aside, **said)
    typer.echo(f"{after['state']}  {aside}")


@asides.command()
def drop(account: Account, aside: Aside, why: Why = "", by: By = None, stack: Stack = None) -> None:
    """It is no trade: it never becomes a fill."""
    said = {"note": why, "by": by or getpass.getuser()}
    after = _asked(stack, "drop", account_id=account, aside_id=aside, **said)
    typer.echo(f"{after['state']}  {aside}")


def _asked(stack: str | None, what: str, **event: Any) -> Any:
    with aws_errors_as_exit_codes():
        answer = Deployed.find(stack).call(FUNCTION, {"do": what} | event)
    if "why" in answer:
        fail(answer["why"], FAILED)
    return answer["done"]


def _changes(sets: list[str] | None) -> dict[str, str]:
    changes = {}
    for each in sets or []:
        name, found, value = each.partition("=")
        if not found:
            fail(f"{each} is not of the form NAME=VALUE", USAGE)
        changes[name.strip()] = value.strip()
    return changes


def _print_trade(each: dict[str, Any]) -> None:
    fill, told = each["fill"], each["told"]
    changed = [f"{name} was {told[name]}" for name in fill if fill[name] != told[name]]
    out = ["excluded"] if each["excluded"] else []
    notes = [f"{said['by']}: {said['note']}" for said in each["corrections"] if said["note"]]
    typer.echo(
        f"{shown(fill['traded_ms'])}  {fill['side']} {fill['quantity']} {fill['symbol']} "
        f"@ {fill['price']}  {'; '.join(out + changed)}".rstrip()
    )
    typer.echo(f"    {_fill_id(told)}")
    for note in notes:
        typer.echo(f"    {note}")


def _fill_id(fill: dict[str, Any]) -> str:
    return f"{fill['traded_ms']:013d}-{fill['symbol']}-{fill['trade_id']}"
