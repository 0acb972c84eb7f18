"""What track records are made of: executions with what they cost, in dollars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.books import of_order
from pilotfish.domain.corrections import CorrectedFill
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.instruments import settle_of
from pilotfish.domain.netting import position_key
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.wallets import DOLLARS

ZERO = Decimal(0)

Fee = tuple[Decimal, str]
"""What a trade cost, negative for a rebate, and in what."""

# A fill that was told later than this after its trade does not say what was held at its time.
PROMPT_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Copied:
    """How a copy compares with what its leader did; `slippage` in dollars, worse is positive."""

    latency_ms: int
    slippage: Decimal
    notional: Decimal


@dataclass(frozen=True, slots=True)
class Deal:
    """An execution as it is counted: a position changes by `change` (signed base units).

    Without a price nobody knows what it earned. `fee` is in dollars, negative for a rebate; what
    was paid in a coin that has no price here is in `fee_elsewhere`, and `fee_unknown` says that
    nobody told it. `number` is the place in the order of writing, and `before` and `after` what was
    held by the venue's own telling; 0 and None where nobody saw that. `left_out` is the currency
    because of which it is not counted; a person may have `excluded` it. One that is `late` was told
    long after it was done.
    """

    venue: str
    symbol: str
    position_side: PositionSide
    change: Decimal
    price: Decimal | None
    at_ms: int
    fee: Decimal = ZERO
    fee_elsewhere: Mapping[str, Decimal] = field(default_factory=dict)
    fee_unknown: bool = False
    number: int = 0
    before: Decimal | None = None
    after: Decimal | None = None
    left_out: str = ""
    excluded: bool = False
    late: bool = False
    copied: Copied | None = None

    @property
    def key(self) -> str:
        """The position that it changes."""
        return position_key(self.symbol, self.position_side)


def why_left_out(symbol: str) -> str:
    """The currency that does not count in dollars; empty where the symbol does."""
    base, quote, settle = symbol.partition("/")[0], _quote_of(symbol), settle_of(symbol)
    if quote not in DOLLARS:
        return quote
    return "" if settle in ("", base, quote) else settle


def deal_of_fill(read: CorrectedFill) -> Deal:
    """A leader's fill as it is to be read."""
    fill, told = read.fill, read.told
    fee, elsewhere = _fee(fill.fee, fill.fee_currency, fill.symbol, fill.price)
    # A past fill has no number, and one that is told late not the position of its time.
    prompt = told.number > 0 and told.seen_ms - told.traded_ms < PROMPT_MS
    return Deal(
        venue=fill.venue,
        symbol=fill.symbol,
        position_side=fill.position_side,
        change=fill.position_change,
        price=fill.price,
        at_ms=fill.traded_ms,
        fee=fee,
        fee_elsewhere=elsewhere,
        number=told.number if prompt else 0,
        before=told.position_before if prompt else None,
        after=told.position_before + told.position_change if prompt else None,
        left_out=why_left_out(fill.symbol),
        excluded=read.excluded,
        late=told.number > 0 and not prompt,
    )


def deal_of_order(order: CopyOrder, fees: Sequence[Fee] = ()) -> Deal | None:
    """A copy at its end, with its `fees` where its answer told none; None: nothing was executed."""
    done = of_order(order)
    if done is None:
        return None
    if order.fee is not None:
        fees = [(order.fee, order.fee_currency)]
    fee, elsewhere = ZERO, dict[str, Decimal]()
    for amount, currency in fees:
        dollars, coins = _fee(amount, currency, done.symbol, order.average_price)
        fee += dollars
        for coin, each in coins.items():
            elsewhere[coin] = elsewhere.get(coin, ZERO) + each
    return Deal(
        venue=done.venue,
        symbol=done.symbol,
        position_side=done.position_side,
        change=done.change,
        price=done.price,
        at_ms=done.at_ms,
        fee=fee,
        fee_elsewhere=elsewhere,
        # What was closed elsewhere was no order of ours.
        fee_unknown=done.price is not None and not fees,
        left_out=why_left_out(done.symbol),
        copied=None if done.price is None else _copied(order, done.at_ms),
    )


def _copied(order: CopyOrder, at_ms: int) -> Copied:
    paid = order.side.sign * (order.average_price - order.reference_price) * order.filled_quantity
    notional = order.reference_price * order.filled_quantity
    return Copied(max(0, at_ms - _wanted_ms(order)), paid, notional)


def _wanted_ms(order: CopyOrder) -> int:
    """When it was to be had at once: what waited for a price was not late meanwhile."""
    let_go = (step.at_ms for step in order.history if step.state is State.PLANNED)
    return next(let_go, order.traded_ms) if order.waits_until_ms else order.traded_ms


def _fee(
    fee: Decimal, currency: str, symbol: str, price: Decimal
) -> tuple[Decimal, Mapping[str, Decimal]]:
    """In dollars, and in what has no price here. A fee in the traded coin counts at the price."""
    if not fee:
        return ZERO, {}
    if currency in (*DOLLARS, _quote_of(symbol)):
        return fee, {}
    if currency == symbol.partition("/")[0]:
        return fee * price, {}
    return ZERO, {currency or "?": fee}


def _quote_of(symbol: str) -> str:
    return symbol.partition("/")[2].partition(":")[0]
