"""`pilotfish follow` and `unfollow`: an account begins to follow a leader, and stops."""

import json
import time
from typing import Annotated, Any

import typer

from pilotfish.domain.consents import RISKS
from pilotfish.domain.follows import follow_name
from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack

FUNCTION = "FollowFunctionName"
LOOKS, PAUSE_S = 30, 2.0

Leader = Annotated[str, typer.Argument(help="The leader's account.")]
Account = Annotated[str, typer.Argument(help="The account that copies it.")]
Name = Annotated[str | None, typer.Option(help="Of the follow; the default is ACCOUNT~LEADER.")]


def follow(
    leader: Leader,
    account: Account,
    name: Name = None,
    multiplier: Annotated[str, typer.Option(help="Of the leader's quantity.")] = "1",
    max_order_notional: Annotated[
        str | None, typer.Option(help="The most of one entry, in quote units.")
    ] = None,
    max_position_notional: Annotated[
        str | None, typer.Option(help="The most of one position, in quote units.")
    ] = None,
    max_slippage: Annotated[
        str | None, typer.Option(help="From the leader's price: 0.005 is 0.5 %.")
    ] = None,
    lateness_s: Annotated[
        int | None, typer.Option(help="After so many seconds an entry expires.")
    ] = None,
    on_drift: Annotated[
        str | None, typer.Option(help="Copies closed elsewhere: report, accept or restore.")
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="BTC/USDT=BTC/USDC maps one to another; may be given again."),
    ] = None,
    quotes: Annotated[
        str | None, typer.Option(help="USDT,USDC,USD: may stand for one another, in this order.")
    ] = None,
    multiples: Annotated[bool, typer.Option(help="1000PEPE may stand for PEPE.")] = False,
    perpetual_for_spot: Annotated[bool, typer.Option(help="It may stand for spot.")] = False,
    spot_for_perpetual: Annotated[bool, typer.Option(help="The same, long only.")] = False,
    only: Annotated[str | None, typer.Option(help="BTC,ETH/USDT: enter these alone.")] = None,
    never: Annotated[str | None, typer.Option(help="DOGE,ETH/USDT: never enter these.")] = None,
    join: Annotated[
        str | None,
        typer.Option(
            help="Join what the leader has already, within this fraction of its average price."
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, any other rule; a value may be JSON; may be given again."),
    ] = None,
    accept_risks: Annotated[
        bool, typer.Option(help="You have read the risks; without it they are shown.")
    ] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Follow a leader from now on. What it has already is left alone, or joined with --join."""
    event: dict[str, Any] = {
        "follow_id": name or follow_name(account, leader),
        "leader_id": leader,
        "account_id": account,
        "multiplier": multiplier,
        "max_order_notional": max_order_notional,
        "max_position_notional": max_position_notional,
        "max_slippage": max_slippage,
        "lateness_s": lateness_s,
        "on_drift": on_drift,
        "symbols": dict(_pair(each) for each in symbol or []) or None,
        "quotes": _names(quotes),
        "multiples": multiples or None,
        "perpetual_for_spot": perpetual_for_spot or None,
        "spot_for_perpetual": spot_for_perpetual or None,
        "only": _names(only),
        "never": _names(never),
        "join_tolerance": join,
        "existing": "join" if join is not None else None,
    }
    given = {key: value for key, value in event.items() if value is not None}
    given |= dict(_rule(each) for each in rule or [])
    given["consent"] = _consent(accept_risks)
    with aws_errors_as_exit_codes():
        answer = _begun(Deployed.find(stack), given)
    if "why" in answer:
        fail(answer["why"], FAILED)
    if as_json:
        print_json(answer)
        return
    typer.echo(f"{answer['state']}  {answer['follow_id']}")
    for each in answer["positions"]:
        _print(each)


def unfollow(
    leader: Leader,
    account: Account,
    name: Name = None,
    close: Annotated[bool, typer.Option(help="Close all that was copied, now.")] = False,
    close_only: Annotated[
        bool, typer.Option(help="Enter nothing, and leave with the leader.")
    ] = False,
    position: Annotated[
        list[str] | None,
        typer.Option(help="Close this symbol now, and keep the others; may be given again."),
    ] = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Stop following. What was copied stays, or is closed as an option says."""
    if close + close_only + bool(position) > 1:
        fail("one of --close, --close-only and --position", USAGE)
    how = "close" if close else "close_only" if close_only else "keep"
    event: dict[str, Any] = {
        "do": "stop",
        "follow_id": name or follow_name(account, leader),
        "leader_id": leader,
        "how": "close_some" if position else how,
        "positions": position or [],
    }
    with aws_errors_as_exit_codes():
        answer = Deployed.find(stack).call(FUNCTION, event)
    if "why" in answer:
        fail(answer["why"], FAILED)
    if as_json:
        print_json(answer)
        return
    typer.echo(f"{answer['state']}  {answer['follow_id']}")
    for each in answer["left"]:
        typer.echo(f"    {each['quantity']} {each['symbol']}: {each['why']}")


def _begun(deployed: Deployed, event: dict[str, Any]) -> Any:
    """The answer; what is not ready yet, as a leader who was just connected, is waited for."""
    answer = deployed.call(FUNCTION, event)
    for look in range(LOOKS):
        if answer["state"] != "not_ready":
            break
        if not look:
            typer.echo(f"waiting: {answer['why']}", err=True)
        time.sleep(PAUSE_S)
        answer = deployed.call(FUNCTION, event)
    return answer


def _consent(accepted: bool) -> str:
    """The version of the risks that were agreed to, now or by the option."""
    if not accepted:
        typer.echo(RISKS.text, err=True)
        typer.confirm("Do you agree?", abort=True, err=True)
    return RISKS.version


def _rule(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        fail(f"{text} is not of the form NAME=VALUE", USAGE)
    try:
        return name.strip(), json.loads(value, parse_float=str)
    except ValueError:
        return name.strip(), value.strip()


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


def _pair(text: str) -> tuple[str, str]:
    theirs, found, own = text.partition("=")
    if not found:
        fail(f"{text} is not of the form SYMBOL=SYMBOL", USAGE)
    return theirs.strip(), own.strip()


def _print(each: dict[str, Any]) -> None:
    why = f" ({each['reason']})" if each["reason"] else ""
    what = f"{each['side']} {each['symbol']}"
    if each["limit_price"] is not None:
        what = f"{each['side']} {each['quantity']} {each['symbol']} at {each['limit_price']}"
    typer.echo(f"    {what}  {each['state']}{why}")
