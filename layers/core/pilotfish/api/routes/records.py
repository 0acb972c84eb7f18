"""Trades and what became of them: lists with filters, page by page."""

from collections.abc import Callable

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Caller
from pilotfish.api.problems import Fault, NotFound, Problem, Unprocessable
from pilotfish.api.record_shapes import (
    CopiesBy,
    CopiesSort,
    Cursor,
    Greatest,
    Id,
    InOrder,
    Limit,
    OneSide,
    Search,
    Since,
    States,
    Symbol,
    ToldCopies,
    ToldTrades,
    TradesBy,
    TradesSort,
    Until,
    Why,
    sorting_of,
    told_copy,
    told_trade,
)
from pilotfish.api.routing import new_router, translated
from pilotfish.domain.filters import FAR_MS, CopyFilter, Order, TradeFilter
from pilotfish.domain.places import BadCursor
from pilotfish.domain.sorting import TooMany
from pilotfish.usecases.lists import Lists, NotTheirs

TAGS = ["Records"]
TRADES_AS_TRADED, COPIES_AS_TRADED = TradesSort("traded"), CopiesSort("traded")

errors = translated(
    {
        NotTheirs: lambda _: NotFound("such account"),
        BadCursor: lambda error: Problem(400, f"Not the cursor of this list: {error}."),
        TooMany: lambda error: Unprocessable(str(error), Fault("query.since_ms", str(error))),
    }
)


class RecordRoutes:
    """The caller's own; in the order of the leaders' trades."""

    def __init__(self, lists: Callable[[], Lists]) -> None:
        self._lists = lists

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.get("/trades", tags=TAGS, summary="Trades on my accounts")(self.trades)
        router.get("/copies", tags=TAGS, summary="Copies, skips and failures")(self.copies)
        return router

    @errors
    def trades(
        self,
        caller: Caller,
        since_ms: Since = 0,
        until_ms: Until = FAR_MS,
        account_id: Id = "",
        symbol: Symbol = "",
        side: OneSide = None,
        search: Search = "",
        sort: TradesBy = TRADES_AS_TRADED,
        order: InOrder = Order.NEWEST_FIRST,
        descending: Greatest = True,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ToldTrades:
        """All of them, back-filled ones too; what came within the last second may be missing."""
        asked = TradeFilter(since_ms, until_ms, symbol, side, account_id, search, order)
        sorting = sorting_of(sort, descending=descending)
        page = self._lists().trades(caller.user, asked, cursor, limit, sorting)
        return ToldTrades(trades=[told_trade(fill) for fill in page.items], next=page.next)

    @errors
    def copies(
        self,
        caller: Caller,
        since_ms: Since = 0,
        until_ms: Until = FAR_MS,
        account_id: Id = "",
        leader_id: Id = "",
        follow_id: Id = "",
        symbol: Symbol = "",
        side: OneSide = None,
        state: States = None,
        reason: Why = "",
        search: Search = "",
        sort: CopiesBy = COPIES_AS_TRADED,
        order: InOrder = Order.NEWEST_FIRST,
        descending: Greatest = True,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ToldCopies:
        """What became of each trade, step by step, and why.

        `state=SKIPPED` are the skips; `state=REJECTED,EXPIRED,MANUAL` is what failed.
        """
        asked = CopyFilter(
            since_ms=since_ms,
            until_ms=until_ms,
            symbol=symbol,
            side=side,
            account_id=account_id,
            search=search,
            order=order,
            states=frozenset(state or ()),
            reason=reason,
            leader_id=leader_id,
            follow_id=follow_id,
        )
        sorting = sorting_of(sort, descending=descending)
        page = self._lists().copies(caller.user, asked, cursor, limit, sorting)
        return ToldCopies(copies=[told_copy(each) for each in page.items], next=page.next)
