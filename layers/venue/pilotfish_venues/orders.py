"""Market, IOC and waiting orders: what is put on the wire, and what the venue's answer says."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.conditions import Attached, Trigger
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.instruments import Kind
from pilotfish.domain.venues import OrderRequest, OrderStatus, VenueOrder
from pilotfish_venues.amounts import (
    ZERO,
    contract_size,
    decimal,
    kind_of,
    market_of,
    to_contracts,
    to_price,
)
from pilotfish_venues.spec import Hedge, VenueSpec

# Where a market buy would name a quote amount: how far above the best offer it may go instead.
_BUY_UP_TO = Decimal("1.02")

_STATUSES = {
    "open": OrderStatus.OPEN,
    "canceling": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.CANCELED,
    "expired_in_match": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
}


def params_of(spec: VenueSpec, request: OrderRequest, kind: Kind) -> dict[str, Any]:
    """The venue's own parameters; raises `Rejected` for what the venue does not have."""
    if not spec.client_id.takes(request.client_order_id):
        raise Rejected(f"{spec.venue} does not take the client order id {request.client_order_id}")
    wire_id = spec.client_id.on_the_wire(request.client_order_id)
    params: dict[str, Any] = {spec.client_id.param: wire_id}
    if request.position_side is not PositionSide.NET:
        _check_side(spec, request, kind)
        params |= _hedged(spec, request)
    elif request.reduce_only and spec.reduces_only and kind is not Kind.SPOT:
        params["reduceOnly"] = True
    if request.limit_price is not None:
        params |= spec.ioc_params
    return params


def _check_side(spec: VenueSpec, request: OrderRequest, kind: Kind) -> None:
    if spec.hedge is Hedge.NONE or kind is Kind.SPOT:
        raise Rejected(f"{spec.venue} has no {request.position_side} side of {request.symbol}")
    opening = Side.BUY if request.position_side is PositionSide.LONG else Side.SELL
    if request.reduce_only == (request.side is opening):
        verb = "reduce" if request.reduce_only else "open"
        raise Rejected(f"a {request.side} cannot {verb} a {request.position_side} position")


def _hedged(spec: VenueSpec, request: OrderRequest) -> dict[str, Any]:
    """Side and position side together say what is opened and what closed.

    Binance refuses reduceOnly beside them; ccxt's `hedged` needs it to know which is meant.
    """
    if spec.hedge is Hedge.NAMED:
        return {"positionSide": request.position_side.value.upper()}
    return {"hedged": True, **({"reduceOnly": True} if request.reduce_only else {})}


async def create(exchange: Any, request: OrderRequest) -> VenueOrder:
    """Send once. A market order has no price: on spot that would ask for a quote amount."""
    return await _send(exchange, request, {})


async def create_waiting(exchange: Any, request: OrderRequest, trigger: Trigger) -> VenueOrder:
    """Send once a market order that closes when the trigger's price is reached."""
    check_waiting(exchange, request, trigger)
    return await _send(exchange, request, exchange.shared.dialect.trigger_params(trigger, request))


def check_waiting(exchange: Any, request: OrderRequest, trigger: Trigger) -> None:
    """Raises `Rejected` for a waiting order that the venue has not."""
    spec: VenueSpec = exchange.shared.spec
    kind = kind_of(market_of(exchange, request.symbol))
    if kind not in spec.triggers.get(trigger.kind, ()):
        raise Rejected(f"{spec.venue} takes no {trigger.kind} order on {request.symbol}")
    if request.limit_price is not None or trigger.price <= ZERO:
        raise Rejected(f"a {trigger.kind} order is a market order at a level above zero")
    if kind is not Kind.SPOT and not request.reduce_only:
        raise Rejected(f"a {trigger.kind} order must be reduce-only")
    if kind is Kind.SPOT and request.side is Side.BUY and spec.buys_by_quote:
        raise Rejected(f"{spec.venue} takes no {trigger.kind} order that buys a quantity")


async def create_attached(exchange: Any, request: OrderRequest, attached: Attached) -> VenueOrder:
    """Send once an entry that carries the levels at which its position is closed."""
    spec: VenueSpec = exchange.shared.spec
    if kind_of(market_of(exchange, request.symbol)) not in spec.attached:
        raise Rejected(f"{spec.venue} attaches no stop or target to {request.symbol}")
    if request.reduce_only:
        raise Rejected("an exit carries no stop or target")
    return await _send(exchange, request, exchange.shared.dialect.attached_params(attached))


async def _send(exchange: Any, request: OrderRequest, more: dict[str, Any]) -> VenueOrder:
    spec: VenueSpec = exchange.shared.spec
    if spec.read_only:
        raise Rejected(spec.read_only)
    market = market_of(exchange, request.symbol)
    kind = kind_of(market)
    if market["type"] not in spec.market_types or kind not in spec.kinds:
        raise Rejected(f"{request.symbol} is not a market that we trade on {spec.venue}")
    params = params_of(spec, request, kind) | more
    params |= exchange.shared.dialect.order_params(spec, request, market)
    amount = to_contracts(request.quantity, market)
    if _would_name_a_cost(spec, request, kind):
        request = replace(request, limit_price=await _ceiling(exchange, market))
        params |= spec.ioc_params
    how, price = "market", None
    if request.limit_price is not None:
        how, price = "limit", to_price(request.limit_price, request.side, market)
    answer = await exchange.create_order(
        request.symbol, how, request.side.value, amount, price, params
    )
    return read(answer, market, request.client_order_id, spec)


def _would_name_a_cost(spec: VenueSpec, request: OrderRequest, kind: Kind) -> bool:
    bought = kind is Kind.SPOT and request.side is Side.BUY and request.limit_price is None
    return spec.buys_by_quote and bought


async def _ceiling(exchange: Any, market: Any) -> Decimal:
    """The limit of what was asked for as a market buy; raises `NotSent` without a price."""
    try:
        ticker = await exchange.fetch_ticker(market["symbol"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the order was not sent
        raise NotSent(f"no price of {market['symbol']}: {type(error).__name__}") from None
    offered = decimal(ticker.get("ask")) or decimal(ticker.get("last"))
    if not offered:
        raise NotSent(f"{market['symbol']} has no price")
    return offered * _BUY_UP_TO


def read(answer: Any, market: Any, client_order_id: str, spec: VenueSpec) -> VenueOrder:
    """ccxt's order in our terms; raises `OutcomeUnknown` for one without an id or a state.

    A fill that the answer does not show is not assumed: closed without a filled quantity is OPEN.
    """
    order_id = answer.get("id") if isinstance(answer, dict) else None
    if not order_id:
        raise OutcomeUnknown("the venue's answer has no order id")
    status = _STATUSES.get(answer.get("status") or "open")
    if status is None:
        raise OutcomeUnknown(f"order {order_id} has the unknown state {answer['status']!r}")
    filled = (decimal(answer.get("filled")) or ZERO) * contract_size(market)
    if status is OrderStatus.FILLED and (decimal(answer.get("remaining")) or ZERO) != ZERO:
        status = OrderStatus.CANCELED  # what some venues call closed has a rest that ended
    if status is OrderStatus.FILLED and filled == ZERO:
        status = OrderStatus.OPEN
    trades = answer.get("trades") or []
    rows = trades or _fees_of(answer)
    ended = status is not OrderStatus.OPEN and filled > ZERO
    told = ended and (bool(trades) or kind_of(market) in spec.tells_fees)
    fee, currency = fee_of(rows) if told else (None, "")
    return VenueOrder(
        order_id=str(order_id),
        client_order_id=client_order_id,
        status=status,
        filled=filled,
        average_price=decimal(answer.get("average")) or ZERO,
        fee_in_base=fee_in_base(rows, market),
        fee=fee,
        fee_currency=currency,
    )


def _fees_of(answer: Any) -> list[Any]:
    """What the answer says of the whole order, as if it were of its trades."""
    fees = answer.get("fees") or [answer.get("fee")]
    return [{"fee": fee} for fee in fees]


def fee_in_base(trades: Iterable[Any], market: Any) -> Decimal:
    """What the venue kept of the traded coin."""
    fees = (trade.get("fee") or {} for trade in trades)
    paid = (decimal(fee.get("cost")) or ZERO for fee in fees if _in_base(fee, market))
    return sum(paid, ZERO)


def fee_of(trades: Iterable[Any]) -> tuple[Decimal | None, str]:
    """All that an order cost, and in what; None where that is not told of each trade.

    None too where it was paid in several coins, and where it is nothing: venues write 0 for what
    they have not reckoned yet, and the trades themselves will tell.
    """
    fees = [trade.get("fee") or {} for trade in trades]
    costs = [cost for fee in fees if (cost := decimal(fee.get("cost"))) is not None]
    currencies = {str(fee.get("currency") or "") for fee in fees}
    total = sum(costs, ZERO)
    if len(costs) < len(fees) or len(currencies) != 1 or "" in currencies or not total:
        return None, ""
    return total, currencies.pop()


def _in_base(fee: Any, market: Any) -> bool:
    return bool(market["spot"]) and fee.get("currency") == market["base"]


def needs_fee(exchange: Any, order: VenueOrder, request: OrderRequest, market: Any) -> bool:
    """Whether the order's fee has to be read from its fills: a spot buy that was looked up.

    Not where our orders ask for the fee to be taken in the quote.
    """
    bought = bool(market["spot"]) and request.side is Side.BUY and order.filled > ZERO
    return bought and not exchange.shared.spec.quote_fees
