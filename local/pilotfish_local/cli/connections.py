"""`pilotfish connections`: keys that are tried, accounts that pause, and how listening goes."""

import json
from typing import Annotated, Any

import typer

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.keys import answer_of
from pilotfish.domain.venue_ids import is_paper
from pilotfish.usecases.submit_keys import SubmitKeys
from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack
from pilotfish_local.cli.moments import marked, shown

FUNCTION = "ConnectionsFunctionName"

Account = Annotated[str, typer.Argument(help="An account.")]

connections = typer.Typer(
    help="Connected accounts: keys, pausing, resuming, deleting, and how listening goes.",
    no_args_is_help=True,
)


@connections.command("list")
def list_(
    account: Annotated[
        list[str] | None, typer.Option(help="A follower's, say; may be given again.")
    ] = None,
    shard: Annotated[str, typer.Option(help="Of the poller; its accounts are listed.")] = "0",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """How each connection is: last answer, last fill, last trouble, clock and request budget."""
    found = _asked(stack, "list", shard=shard, account_ids=account or [])
    for each in found:
        each["connection"]["paper"] = is_paper(each["connection"]["venue"])
    if as_json:
        print_json(found)
        return
    for each in found:
        _print(each)


@connections.command("try")
def try_(account: Account, stack: Stack = None, as_json: AsJson = False) -> None:
    """Try the stored key of an account: what it shows, what it may do, what is to be seen to."""
    _say(_asked(stack, "try", account_id=account), as_json)


@connections.command()
def connect(
    venue: Annotated[str, typer.Option(help="binance, okx, … or what people call it.")],
    owner: Annotated[str, typer.Option(help="Whose it is.")],
    label: Annotated[str, typer.Option(help="What a person calls it.")] = "",
    leads: Annotated[bool, typer.Option(help="It is listened to, by shard 0.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Connect an account, if its venue takes the key; says its id.

    The key is asked for and not shown. It leaves this machine sealed, for this account alone.
    """
    from pilotfish.domain.managing import BadLabel
    from pilotfish.usecases.connections import TooMany
    from pilotfish.usecases.submit_keys import Wanted

    wanted = Wanted(venue_named(venue), label, "0" if leads else "")
    with aws_errors_as_exit_codes():
        try:
            account_id, verdict = _keys(stack).connect(owner, wanted, _credentials())
        except (BadLabel, TooMany) as refusal:
            fail(str(refusal), USAGE)
    _say(json.loads(answer_of(verdict)), as_json)
    typer.echo(account_id)


@connections.command()
def rotate(account: Account, stack: Stack = None, as_json: AsJson = False) -> None:
    """Give an account another key; the old one goes on until the venue takes the new one."""
    with aws_errors_as_exit_codes():
        try:
            verdict = _keys(stack).rotate(None, account, _credentials())
        except NoSuchAccount as unknown:
            fail(str(unknown), FAILED)
    _say(json.loads(answer_of(verdict)), as_json)


@connections.command()
def pause(account: Account, stack: Stack = None) -> None:
    """Stop listening to a leader, and send no entry to a follower; exits still go."""
    _asked(stack, "pause", account_id=account)
    typer.echo(f"paused  {account}")


@connections.command()
def resume(account: Account, stack: Stack = None) -> None:
    """Go on where it was paused."""
    _asked(stack, "resume", account_id=account)
    typer.echo(f"resumed  {account}")


@connections.command()
def delete(
    account: Account,
    stop_follows: Annotated[
        bool, typer.Option(help="Stop the follows that need it; what they hold stays.")
    ] = False,
    stack: Stack = None,
) -> None:
    """Destroy its key; its history stays."""
    typer.echo(
        f"{_asked(stack, 'delete', account_id=account, stop_follows=stop_follows)}  {account}"
    )


def _asked(stack: str | None, what: str, **event: Any) -> Any:
    with aws_errors_as_exit_codes():
        answer = Deployed.find(stack).call(FUNCTION, {"do": what} | event)
    if "why" in answer:
        fail(answer["why"], FAILED)
    return answer["done"]


def venue_named(name: str) -> str:
    """The id of the venue that a person means."""
    from pilotfish_venues.table import UnknownVenue, id_of

    try:
        return id_of(name)
    except UnknownVenue as unknown:
        fail(str(unknown), USAGE)


def _keys(stack: str | None) -> SubmitKeys:
    from pilotfish.wiring.managing import Places, submit_keys

    deployed = Deployed.find(stack)
    outputs = deployed.outputs
    places = Places(
        outputs["AccountsTableName"],
        outputs["KeysTableName"],
        outputs["SealingKeyArn"],
        outputs[FUNCTION],
    )
    client = deployed.client
    return submit_keys(client("dynamodb"), client("kms"), client("lambda"), places)


def _credentials() -> Credentials:
    return Credentials(
        typer.prompt("API key", err=True),
        typer.prompt("Secret", hide_input=True, err=True),
        typer.prompt("Passphrase, if it has one", default="", hide_input=True, err=True),
    )


def _say(verdict: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(verdict)
    else:
        for code, total in verdict["report"]["balances"].items():
            typer.echo(f"{code} {total}")
        may = verdict["report"]["permissions"]
        told = {True: "yes", False: "no", None: "not told"}
        for name in ("read", "trade", "withdraw", "ip_restricted"):
            typer.echo(f"{name.replace('_', ' ')}: {told[may[name]]}")
        for warning in verdict["warnings"]:
            typer.echo(f"note: {warning}")
    if not verdict["accepted"]:
        fail("; ".join(verdict["problems"]), FAILED)


def _print(each: dict[str, Any]) -> None:
    one, health = each["connection"], each["health"]
    state = "paused" if one["paused"] else "on"
    state = state if one["enabled"] else "off"
    role = "leader" if one["listen_shard"] else "follower"
    label = f"  {one['label']}" if one["label"] else ""
    typer.echo(f"{one['account_id']}  {marked(one['paper'])}{one['venue']}  {role}  {state}{label}")
    if one["problem"]:
        typer.echo(f"    its key is not fit: {one['problem']}")
    if health["at_ms"]:
        how = "stream" if health["streams"] else "REST"
        fill = shown(health["fill_ms"]) if health["fill_ms"] else "none"
        vitals = health["vitals"]
        typer.echo(
            f"    heard {shown(health['heard_ms'])} ({how})  last fill {fill}  "
            f"clock {vitals['clock_offset_ms']:+d} ms  budget left {vitals['headroom']}"
        )
    if health["error_ms"]:
        trouble = "" if health["heard_ms"] > health["error_ms"] else "NOW  "
        typer.echo(f"    {trouble}{shown(health['error_ms'])}  {health['error']}")
