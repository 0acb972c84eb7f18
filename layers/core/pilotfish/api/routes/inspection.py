"""An operator looks at anybody's records; the account's trail says who did, when and why."""

from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Operator
from pilotfish.api.problems import Fault, Unprocessable
from pilotfish.api.record_shapes import (
    Cursor,
    InOrder,
    Limit,
    OneSide,
    Search,
    Since,
    States,
    Symbol,
    ToldCopies,
    ToldTrades,
    Until,
    told_copy,
    told_trade,
)
from pilotfish.api.routes.records import errors
from pilotfish.api.routing import new_router, translated
from pilotfish.domain.filters import FAR_MS, CopyFilter, Order, TradeFilter
from pilotfish.domain.trail import LONGEST_WHY, NoReason
from pilotfish.usecases.inspect_account import InspectAccount

TAGS = ["Operations"]

Account = Annotated[str, Query(min_length=1, max_length=100, description="Whoever's it is.")]
Why = Annotated[
    str,
    Query(
        min_length=1,
        max_length=LONGEST_WHY,
        description="Why you look: it is kept, and the owner reads it.",
    ),
]

reasoned = translated(
    {NoReason: lambda error: Unprocessable(str(error), Fault("query.why", str(error)))}
)


class InspectionRoutes:
    """Operators alone."""

    def __init__(self, inspect: Callable[[], InspectAccount]) -> None:
        self._inspect = inspect

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.get("/operations/trades", tags=TAGS, summary="Trades on any account")(self.trades)
        router.get("/operations/copies", tags=TAGS, summary="Copies of any account")(self.copies)
        return router

    @reasoned
    @errors
    def trades(
        self,
        operator: Operator,
        account_id: Account,
        why: Why,
        since_ms: Since = 0,
        until_ms: Until = FAR_MS,
        symbol: Symbol = "",
        side: OneSide = None,
        search: Search = "",
        order: InOrder = Order.NEWEST_FIRST,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ToldTrades:
        """As the owner sees them."""
        asked = TradeFilter(since_ms, until_ms, symbol, side, account_id, search, order)
        page = self._inspect().trades(operator.user, why, asked, cursor, limit)
        return ToldTrades(trades=[told_trade(fill) for fill in page.items], next=page.next)

    @reasoned
    @errors
    def copies(
        self,
        operator: Operator,
        account_id: Account,
        why: Why,
        since_ms: Since = 0,
        until_ms: Until = FAR_MS,
        symbol: Symbol = "",
        side: OneSide = None,
        state: States = None,
        search: Search = "",
        order: InOrder = Order.NEWEST_FIRST,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ToldCopies:
        """As the owner sees them, step by step."""
        asked = CopyFilter(
            since_ms=since_ms,
            until_ms=until_ms,
            symbol=symbol,
            side=side,
            account_id=account_id,
            search=search,
            order=order,
            states=frozenset(state or ()),
        )
        page = self._inspect().copies(operator.user, why, asked, cursor, limit)
        return ToldCopies(copies=[told_copy(each) for each in page.items], next=page.next)
