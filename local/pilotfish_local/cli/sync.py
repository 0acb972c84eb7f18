"""`pilotfish sync`: back-fills of accounts' past trades."""

import json
from typing import Annotated, Any

import typer

from pilotfish.domain.sync_sessions import SyncStatus
from pilotfish_local.cli.console import FAILED, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack
from pilotfish_local.cli.moments import shown, since

COUNTED = ("synced", "updated", "known", "aside")

sync = typer.Typer(
    help="Past trades of an account: back-filled in pages, resumable, never copied.",
    no_args_is_help=True,
)

Account = Annotated[str, typer.Argument(help="An account.")]
Session = Annotated[str, typer.Argument(help="One of its sessions; the latest if not given.")]


@sync.command()
def start(
    account: Account,
    when: Annotated[
        str, typer.Option("--since", help="30d, 12h ago, or 2026-03-31T12:00 (UTC).")
    ] = "30d",
    until: Annotated[
        str | None, typer.Option(help="The same; now, or where live listening began.")
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Look in this one too; may be given again.")
    ] = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Back-fill an account over a period. What was listened to live is left as it is."""
    event = {"since_ms": since(when), "until_ms": since(until), "symbols": symbol or []}
    _say(_asked(stack, "start", account_id=account, **event), as_json)


@sync.command()
def stop(
    account: Account, session: Session = "", stack: Stack = None, as_json: AsJson = False
) -> None:
    """Ask a session to stop, which it does at its next page."""
    _say(_asked(stack, "stop", account_id=account, session_id=session), as_json)


@sync.command()
def retry(
    account: Account, session: Session = "", stack: Stack = None, as_json: AsJson = False
) -> None:
    """Go on with a session that failed or was stopped, from its last good page."""
    _say(_asked(stack, "retry", account_id=account, session_id=session), as_json)


@sync.command()
def show(
    account: Account, session: Session = "", stack: Stack = None, as_json: AsJson = False
) -> None:
    """How far a session has come."""
    _say(_asked(stack, "show", account_id=account, session_id=session), as_json)


@sync.command("list")
def list_(
    account: Annotated[str, typer.Option(help="Only of this account.")] = "",
    status: Annotated[SyncStatus | None, typer.Option(help="Only in this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 50,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """The latest sessions, of one account or of all."""
    asked: dict[str, Any] = {"account_id": account, "status": status, "limit": limit}
    _say(_asked(stack, "list", **asked), as_json)


def _asked(stack: str | None, action: str, **arguments: Any) -> list[dict[str, Any]]:
    with aws_errors_as_exit_codes():
        deployed = Deployed.find(stack)
        reply = deployed.client("lambda").invoke(
            FunctionName=deployed.outputs["HistoryFunctionName"],
            Payload=json.dumps({"action": action, **arguments}),
        )
    answer = json.loads(reply["Payload"].read())
    if "FunctionError" in reply:
        fail(f"the function failed: {answer.get('errorMessage', answer)}", FAILED)
    if "refused" in answer:
        fail(answer["refused"], FAILED)
    sessions: list[dict[str, Any]] = answer["sessions"]
    return sessions


def _say(sessions: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(sessions)
        return
    for each in sessions:
        _print(each)


def _print(each: dict[str, Any]) -> None:
    trades = (f"{each[f'trades_{what}']:,} {what}" for what in COUNTED if each[f"trades_{what}"])
    typer.echo(
        f"{shown(each['started_ms'])}  {each['account_id']}  {each['status']}  "
        f"{', '.join(trades)}  {each['pages']:,} pages in {each['duration_ms'] / 1000:.1f} s"
    )
    typer.echo(f"    {shown(each['since_ms'])} to {shown(each['until_ms'])}")
    typer.echo(f"    {each['session_id']}  attempt {each['attempt']}  {each['cursor']}".rstrip())
    if each["error"]:
        typer.echo(f"    {each['error']}")
