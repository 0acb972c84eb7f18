"""`pilotfish paper`: accounts that follow with play money."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.paper.wallet import (
    DEFAULT_BALANCE,
    DEFAULT_LEVERAGE,
    DEFAULT_SLIPPAGE,
    PaperWallet,
)
from pilotfish_local.cli.connections import Account, venue_named
from pilotfish_local.cli.console import FAILED, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack
from pilotfish_local.cli.moments import marked, shown

if TYPE_CHECKING:
    from pilotfish.wiring.practising import Practising

paper = typer.Typer(
    help="Paper accounts: play money at a real venue's prices; no key, no order at any venue.",
    no_args_is_help=True,
)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is no number") from None


Balance = Annotated[
    Decimal | None, typer.Option(parser=_amount, help="Play money; else as the last time.")
]


@paper.command("open")
def open_(
    venue: Annotated[str, typer.Option(help="Whose prices, lots and fees: binance, okx, …")],
    owner: Annotated[str, typer.Option(help="Whose it is.")],
    label: Annotated[str, typer.Option(help="What a person calls it.")] = "",
    balance: Annotated[
        Decimal, typer.Option(parser=_amount, help="Play money to begin with.")
    ] = DEFAULT_BALANCE,
    currency: Annotated[str, typer.Option(help="USDT, or USD where markets are in dollars.")] = "",
    slippage: Annotated[
        Decimal, typer.Option(parser=_amount, help="How much worse than the market; 0.0005.")
    ] = DEFAULT_SLIPPAGE,
    leverage: Annotated[
        Decimal, typer.Option(parser=_amount, help="What a position may be of its margin.")
    ] = DEFAULT_LEVERAGE,
    stack: Stack = None,
) -> None:
    """Open one, and say its id: follow with it as with any account."""
    from pilotfish.domain.managing import BadLabel
    from pilotfish.domain.paper.wallet import BadPaperTerms
    from pilotfish.usecases.connections import TooMany
    from pilotfish.usecases.paper_accounts import PaperTerms

    terms = PaperTerms(balance, currency.upper(), slippage, leverage)
    with aws_errors_as_exit_codes():
        try:
            opened = _practising(stack).open(owner, venue_named(venue), terms, label)
        except (BadLabel, BadPaperTerms, TooMany) as refusal:
            fail(str(refusal), USAGE)
    typer.echo(opened.account_id)


@paper.command()
def show(account: Account, stack: Stack = None, as_json: AsJson = False) -> None:
    """What it has, as it was written last."""
    with aws_errors_as_exit_codes(), _told():
        _say(_practising(stack).show(None, account), as_json)


@paper.command()
def reset(
    account: Account, balance: Balance = None, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Give it its money back; what it held is gone, as if it had been closed by hand."""
    with aws_errors_as_exit_codes(), _told():
        _say(_practising(stack).reset(None, account, balance), as_json)


def _practising(stack: str | None) -> "Practising":
    from pilotfish.wiring.practising import practising
    from pilotfish_venues.table import VENUES

    deployed = Deployed.find(stack)
    tables = deployed.outputs["AccountsTableName"], deployed.outputs["PaperTableName"]
    traded = [name for name, spec in VENUES.items() if not spec.read_only]
    return practising(deployed.client("dynamodb"), *tables, traded)


@contextmanager
def _told() -> Iterator[None]:
    """What is refused is said in one line."""
    from pilotfish.domain.paper.wallet import BadPaperTerms
    from pilotfish.usecases.paper_accounts import NotOnPaper

    try:
        yield
    except (NoSuchAccount, NotOnPaper) as refusal:
        fail(str(refusal), FAILED)
    except BadPaperTerms as refusal:
        fail(str(refusal), USAGE)


def _say(wallet: PaperWallet, as_json: bool) -> None:
    if as_json:
        print_json(_document(wallet))
        return
    typer.echo(f"{wallet.account_id}  {marked(True)}{wallet.venue}")
    for code, amount in sorted(wallet.cash.items()):
        typer.echo(f"    {amount:f} {code}")
    for key, held in sorted(wallet.positions.items()):
        symbol, _, side = key.partition("#")
        earned = (held.mark - held.entry_price) * held.quantity
        typer.echo(
            f"    {symbol} {side}  {held.quantity:f} at {held.entry_price:.8g}  "
            f"mark {held.mark:f}  P&L {earned:+.2f}"
        )
    equity = wallet.equity(wallet.currency)
    typer.echo(
        f"    equity {equity:.2f} of {wallet.start:f} {wallet.currency}  {wallet.executed} trades"
    )
    if wallet.liquidated_ms:
        typer.echo(f"    liquidated {shown(wallet.liquidated_ms)}")


def _document(wallet: PaperWallet) -> dict[str, Any]:
    equity = wallet.equity(wallet.currency)
    return {"paper": True, **asdict(wallet), "equity": equity}
