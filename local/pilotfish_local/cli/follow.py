"""`pilotfish follow`: an account begins to follow a leader."""

from typing import Annotated, Any

import typer

from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack

FUNCTION = "FollowFunctionName"


def follow(
    leader: Annotated[str, typer.Argument(help="The leader's account.")],
    account: Annotated[str, typer.Argument(help="The account that copies it.")],
    name: Annotated[
        str | None, typer.Option(help="Of the follow; the default is ACCOUNT>LEADER.")
    ] = None,
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
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Follow a leader from now on. What it has already is left alone, or joined with --join."""
    event: dict[str, Any] = {
        "follow_id": name or f"{account}>{leader}",
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
    with aws_errors_as_exit_codes():
        answer = Deployed.find(stack).call(FUNCTION, given)
    if "why" in answer:
        fail(answer["why"], FAILED)
    if as_json:
        print_json(answer)
        return
    typer.echo(f"{answer['state']}  {answer['follow_id']}")
    for each in answer["positions"]:
        _print(each)


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
