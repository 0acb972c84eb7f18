"""What a follow would have made of its leader's past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Protocol

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.follow_shapes import AccountId, CopyRules, LeaderId
from pilotfish.api.problems import Fault, NotFound, Problem, Unprocessable
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Amount, Asked, Time, Told
from pilotfish.domain.errors import NoSuchAccount, NotReady
from pilotfish.domain.filters import FAR_MS
from pilotfish.domain.leaders import Leader, NoSuchLeader
from pilotfish.domain.managing import Connection
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.rules import BadRules, rules_from
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.dry_run import NoCapital, Rehearsed, Supposed

SHOWN = 200
CAPITAL = "say what the account has: body.capital, in dollars"

errors = translated(
    {
        BadRules: lambda e: Unprocessable(str(e), Fault(f"body.rules.{e.field}", str(e))),
        NoSuchLeader: lambda _: NotFound("such leader"),
        NoSuchAccount: lambda _: NotFound("such account"),
        NoCapital: lambda _: Unprocessable(f"Nobody knows: {CAPITAL}.", code="no_capital"),
        NotReady: lambda e: Problem(409, f"Not yet: {e}.", code="not_ready"),
    }
)


class Owned(Protocol):
    """The caller's accounts."""

    def __call__(self, owner: str, account_id: str) -> Connection: ...


class Seen(Protocol):
    """Leaders that the caller may see."""

    def __call__(self, by: Viewer, leader_id: str) -> Leader: ...


@dataclass(frozen=True, slots=True)
class DryRunCases:
    """What the route does."""

    leader: Seen
    account: Owned
    rehearse: Callable[[Supposed], Rehearsed]


class AskedDryRun(Asked):
    """A follow that might begin."""

    leader_id: LeaderId
    account_id: AccountId
    rules: CopyRules = Field(default_factory=lambda: CopyRules({}))
    since_ms: Annotated[int, Field(ge=0, le=FAR_MS, description="UTC, in milliseconds.")] = 0
    capital: Annotated[
        Decimal | None,
        Field(gt=0, le=10**12, max_digits=20, description="Dollars; else what the account has."),
    ] = None


class ToldOrder(Told):
    """What would have become of a trade; `reason` says why nothing did."""

    fill_id: str
    leg: str
    symbol: str
    side: str
    quantity: Amount
    price: Amount
    state: str
    reason: str
    at_ms: Time


class ToldPoint(Told):
    """Equity after a trade of the leader's."""

    at_ms: Time
    equity: Amount


class ToldBreach(Told):
    """A limit of losses that would have been reached."""

    at_ms: Time
    limit: str


class ToldDryRun(Told):
    """In dollars, at the leader's prices and an assumed slippage and fee.

    `whole` is false where the leader traded more than is looked at; `result` and `drawdown` are
    null where something is not quoted in dollars. `orders` are the last 200.
    """

    fills: int
    whole: bool
    capital: Amount
    result: Amount | None
    drawdown: Amount | None
    fees: Amount
    copied: int
    skipped: Annotated[dict[str, int], Field(description="How many, by reason.")]
    breaches: list[ToldBreach]
    curve: list[ToldPoint]
    orders: list[ToldOrder]


class DryRunRoutes:
    """Nothing is kept and nothing is sent."""

    def __init__(self, cases: Callable[[], DryRunCases]) -> None:
        self._cases = cases

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.post("/dry-runs", tags=["Follows"], summary="Try rules on a leader's past")(self.run)
        return router

    @errors
    def run(self, caller: Caller, asked: Annotated[AskedDryRun, Body()]) -> ToldDryRun:
        """As if the follow had begun then; the leader's last 5,000 trades at the most.

        Leverage and margin mode are left out: nothing is set at a venue.
        """
        cases, rules = self._cases(), rules_from(asked.rules.root)
        leader = cases.leader(caller, asked.leader_id)
        account = cases.account(caller.user, asked.account_id)
        supposed = Supposed(
            leader_id=leader.leader_id,
            account_id=account.account_id,
            owner=caller.user,
            venue=account.venue,
            rules=rules,
            since_ms=asked.since_ms,
            capital=asked.capital,
        )
        return _told(cases.rehearse(supposed))


def _told(found: Rehearsed) -> ToldDryRun:
    return ToldDryRun(
        fills=found.fills,
        whole=found.whole,
        capital=found.capital,
        result=found.result,
        drawdown=found.drawdown,
        fees=found.fees,
        copied=found.copied,
        skipped=dict(found.skipped),
        breaches=[ToldBreach(at_ms=at_ms, limit=each.limit) for at_ms, each in found.breaches],
        curve=[ToldPoint.model_validate(point) for point in found.curve],
        orders=_orders(found.orders[-SHOWN:]),
    )


def _orders(orders: Sequence[CopyOrder]) -> list[ToldOrder]:
    return [
        ToldOrder(
            fill_id=order.fill_id,
            leg=order.leg,
            symbol=order.symbol,
            side=order.side,
            quantity=order.filled_quantity or order.quantity,
            price=order.average_price or order.reference_price,
            state=order.state,
            reason=order.reason,
            at_ms=order.traded_ms,
        )
        for order in orders
    ]
