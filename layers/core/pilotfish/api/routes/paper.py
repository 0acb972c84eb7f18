"""What a paper account has, and its money back; it is opened among the connections."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.problems import NotFound
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Amount, Asked, Time, Told
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.netting import position_side_of, symbol_of
from pilotfish.domain.paper.wallet import MOST_BALANCE, PaperWallet
from pilotfish.domain.trail import Verb
from pilotfish.usecases.paper_accounts import NotOnPaper, ResetPaperAccount, ShowPaperAccount
from pilotfish.usecases.trails import KeepTrail

TAGS = ["Paper accounts"]
Id = Annotated[str, Path(max_length=80, description="As it was answered when it was connected.")]

errors = translated(
    {
        NoSuchAccount: lambda _: NotFound("such paper account"),
        NotOnPaper: lambda _: NotFound("such paper account"),
    }
)


class AskedReset(Asked):
    """What the account begins with again; as the last time where nothing is said."""

    balance: Annotated[Decimal, Field(gt=0, le=MOST_BALANCE, decimal_places=8)] | None = None


class ToldPaperPosition(Told):
    """A derivative position; base units, negative for a short one."""

    symbol: str
    position_side: str
    quantity: Amount
    entry_price: Amount
    mark: Annotated[Amount, Field(description="When the account was last looked at.")]


class ToldPaperWallet(Told):
    """Play money: nothing of it can be paid out."""

    paper: Literal[True] = True
    account_id: str
    venue: Annotated[str, Field(description="Whose markets and prices it has.")]
    currency: str
    start: Annotated[Amount, Field(description="What it was opened or reset with.")]
    equity: Annotated[Amount, Field(description="In its currency, coins of spot not counted.")]
    cash: Annotated[dict[str, Amount], Field(description="By currency, and coins of spot.")]
    positions: list[ToldPaperPosition]
    slippage: Amount
    leverage: Amount
    trades: Annotated[int, Field(description="Since it was opened.")]
    epoch: Annotated[int, Field(description="1, and one more with each reset.")]
    opened_ms: Time
    liquidated_ms: Annotated[Time, Field(description="0: since it was opened or reset, never.")]


@dataclass(frozen=True, slots=True)
class PaperCases:
    """What the routes need."""

    show: ShowPaperAccount
    reset: ResetPaperAccount
    trail: KeepTrail


class PaperRoutes:
    """Read and reset."""

    def __init__(self, cases: Callable[[], PaperCases]) -> None:
        self._cases = cases

    def routes(self) -> APIGatewayHttpRouter:
        router, one = new_router(), "/paper/<account_id>"
        router.get(one, tags=TAGS, summary="What a paper account has")(self.show)
        router.post(f"{one}/reset", tags=TAGS, summary="Play money back")(self.reset)
        return router

    @errors
    def show(self, caller: Caller, account_id: Id) -> ToldPaperWallet:
        """As it was written last, by an order or a look."""
        return _told(self._cases().show(caller.user, account_id))

    @errors
    def reset(
        self, caller: Caller, account_id: Id, asked: Annotated[AskedReset, Body()]
    ) -> ToldPaperWallet:
        """What it held is gone, as if it had been closed elsewhere; its trades stay."""
        wallet = self._cases().reset(caller.user, account_id, asked.balance)
        self._cases().trail.own(account_id, caller.user, Verb.RESET)
        return _told(wallet)


def _told(wallet: PaperWallet) -> ToldPaperWallet:
    return ToldPaperWallet(
        account_id=wallet.account_id,
        venue=wallet.venue,
        currency=wallet.currency,
        start=wallet.start,
        equity=wallet.equity(wallet.currency),
        cash=dict(wallet.cash),
        positions=[
            ToldPaperPosition(
                symbol=symbol_of(key),
                position_side=position_side_of(key),
                quantity=held.quantity,
                entry_price=held.entry_price,
                mark=held.mark,
            )
            for key, held in sorted(wallet.positions.items())
        ],
        slippage=wallet.slippage,
        leverage=wallet.leverage,
        trades=wallet.executed,
        epoch=wallet.epoch,
        opened_ms=wallet.opened_ms,
        liquidated_ms=wallet.liquidated_ms,
    )
