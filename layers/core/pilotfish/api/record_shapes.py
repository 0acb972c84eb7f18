"""How trades and copies are asked for, and how they are told."""

from enum import StrEnum
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from pilotfish.api.shapes import Amount, Page, Time, Told
from pilotfish.domain.fills import Fill, Liquidity, OrderKind, PositionSide, Side
from pilotfish.domain.filters import FAR_MS, Order
from pilotfish.domain.history import line
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.domain.sorting import Sorting
from pilotfish.usecases.lists import MOST
from pilotfish.usecases.sorted_lists import COPIES_BY, TRADES_BY

Since = Annotated[int, Query(ge=0, le=FAR_MS, description="Traded then or later, UTC ms.")]
Until = Annotated[int, Query(ge=0, le=FAR_MS, description="Traded then or earlier, UTC ms.")]
Symbol = Annotated[str, Query(max_length=60, description="Unified: `BTC/USDT:USDT`.")]
OneSide = Annotated[Side | None, Query()]
Id = Annotated[str, Query(max_length=100)]
Search = Annotated[
    str,
    Query(max_length=100, description="A part of a symbol, a reason, or an id of trade or order."),
]
States = Annotated[list[State] | None, Query(max_length=9, description="Several with commas.")]
Why = Annotated[str, Query(max_length=100, description="Exactly so: `below_minimum`.")]
InOrder = Annotated[Order, Query(description="Of a list that is sorted by `traded`.")]
SORT = (
    "By anything but `traded`, at most 1,000 records of a period can be sorted: "
    "`since_ms` and `until_ms` say of which."
)
TradesSort = StrEnum("TradesSort", {name.upper(): name for name in ("traded", *TRADES_BY)})  # type: ignore[misc]
CopiesSort = StrEnum("CopiesSort", {name.upper(): name for name in ("traded", *COPIES_BY)})  # type: ignore[misc]
TradesBy = Annotated[TradesSort, Query(description=SORT)]
CopiesBy = Annotated[CopiesSort, Query(description=SORT)]
Greatest = Annotated[
    bool, Query(description="The greatest first, of a list sorted by anything but `traded`.")
]
Limit = Annotated[int, Query(ge=1, le=MOST)]
Cursor = Annotated[str, Query(max_length=1_000, description="`next` of the page before.")]


class ToldStep(Told):
    """The order came into a state, so many milliseconds after the one before, in these words."""

    state: State
    at_ms: Time
    after_ms: int
    reason: str


class ToldTrade(Told):
    """An execution, as the venue told it; `history`: read by a back-fill, and never copied."""

    fill_id: str
    trade_id: str
    order_id: str
    account_id: str
    venue: str
    symbol: str
    side: Side
    position_side: PositionSide
    price: Amount
    quantity: Annotated[Amount, Field(description="Base units.")]
    notional: Amount
    fee: Amount
    fee_currency: str
    liquidity: Liquidity
    order_kind: Annotated[OrderKind, Field(description="Empty where the venue does not say.")]
    traded_ms: Time
    seen_ms: Time
    history: bool


class ToldTrades(Page):
    """A page with a `next` may be short: a filter that few pass takes more pages."""

    trades: list[ToldTrade]


class ToldCopy(Told):
    """What became of a leader's trade for one follow; `reason` says why it was not copied.

    Quantities in base units; `quantity` was decided, `sent_quantity` asked of the venue.
    """

    order_id: str
    client_order_id: str
    venue_order_id: str
    follow_id: str
    leader_id: str
    fill_id: str
    account_id: str
    venue: str
    paper: bool
    symbol: str
    side: Side
    position_side: PositionSide
    leg: Leg
    state: State
    reason: str
    quantity: Amount
    sent_quantity: Amount
    filled_quantity: Amount
    reference_price: Annotated[Amount, Field(description="The leader's.")]
    average_price: Amount
    limit_price: Amount | None
    traded_ms: Time
    seen_ms: Time
    decided_ms: Time
    sent_ms: Time
    answered_ms: Time
    attempts: int
    took_ms: Annotated[int, Field(description="From the leader's trade to the last step.")]
    why: Annotated[str, Field(description="The steps in one sentence.")]
    steps: list[ToldStep]


class ToldCopies(Page):
    """A page with a `next` may be short: a filter that few pass takes more pages."""

    copies: list[ToldCopy]


def sorting_of(sort: StrEnum, *, descending: bool) -> Sorting | None:
    """None: in the order of the trades."""
    return None if sort == "traded" else Sorting(str(sort), descending)


def told_trade(fill: Fill) -> ToldTrade:
    """As it is stored."""
    return ToldTrade.model_validate(fill)


def told_copy(order: CopyOrder) -> ToldCopy:
    """As it is stored, with each state that it came into, when and why."""
    told = line(order)
    fields = {name: getattr(order, name) for name in ToldCopy.model_fields if hasattr(order, name)}
    steps = [ToldStep.model_validate(step) for step in told.steps]
    return ToldCopy(**fields, took_ms=told.took_ms, why=told.why, steps=steps)
