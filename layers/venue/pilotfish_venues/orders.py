"""Market and IOC orders: what is put on the wire, and what the venue's answer says."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.instruments import Kind
from pilotfish.domain.venues import OrderRequest, OrderStatus, VenueOrder
from pilotfish_venues.amounts import ZERO, contract_size, decimal, market_of, to_contracts, to_price
from pilotfish_venues.table import VenueSpec

_STATUSES = {
    "open": OrderStatus.OPEN,
    "canceling": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.CANCELED,
    "expired_in_match": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
}


def params_of(spec: VenueSpec, request: OrderRequest) -> dict[str, Any]:
    """The venue's own parameters; raises `Rejected` for what the venue does not have."""
    if not 0 < len(request.client_order_id) <= spec.client_id_limit:
        raise Rejected(f"{spec.venue} takes client order ids of up to {spec.client_id_limit}")
    params: dict[str, Any] = {spec.client_id_param: request.client_order_id}
    if request.position_side is not PositionSide.NET:
        if not spec.has_position_sides:
            raise Rejected(f"{spec.venue} has no {request.position_side} side of a position")
        _check_side(request)
        # Side and position side together say what is opened and what closed; Binance refuses
        # reduceOnly beside them.
        params["positionSide"] = request.position_side.value.upper()
    elif request.reduce_only and spec.reduces_only:
        params["reduceOnly"] = True
    if request.limit_price is not None:
        params |= spec.ioc_params
    return params


def _check_side(request: OrderRequest) -> None:
    opening = Side.BUY if request.position_side is PositionSide.LONG else Side.SELL
    if request.reduce_only and request.side is opening:
        raise Rejected(f"a {request.side} cannot reduce a {request.position_side} position")


async def create(exchange: Any, spec: VenueSpec, request: OrderRequest) -> VenueOrder:
    """Send once. A market order has no price: on spot that would ask for a quote amount."""
    market = market_of(exchange, request.symbol)
    if market["type"] not in spec.market_types:
        raise Rejected(f"{request.symbol} is not a market that we trade on {spec.venue}")
    params = params_of(spec, request)
    amount = to_contracts(request.quantity, market)
    kind, price = "market", None
    if request.limit_price is not None:
        kind, price = "limit", to_price(request.limit_price, request.side, market)
    answer = await exchange.create_order(
        request.symbol, kind, request.side.value, amount, price, params
    )
    return read(answer, market, request.client_order_id)


def read(answer: Any, market: Any, client_order_id: str) -> VenueOrder:
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
    if status is OrderStatus.FILLED and filled == ZERO:
        status = OrderStatus.OPEN
    return VenueOrder(
        order_id=str(order_id),
        client_order_id=str(answer.get("clientOrderId") or client_order_id),
        status=status,
        filled=filled,
        average_price=decimal(answer.get("average")) or ZERO,
        fee_in_base=fee_in_base(answer.get("trades") or (), market),
    )


def fee_in_base(trades: Iterable[Any], market: Any) -> Decimal:
    """What the venue kept of the traded coin."""
    fees = (trade.get("fee") or {} for trade in trades)
    paid = (decimal(fee.get("cost")) or ZERO for fee in fees if _in_base(fee, market))
    return sum(paid, ZERO)


def _in_base(fee: Any, market: Any) -> bool:
    return bool(market["spot"]) and fee.get("currency") == market["base"]


def needs_fee(order: VenueOrder, request: OrderRequest, spec: VenueSpec) -> bool:
    """Whether the order's fee has to be read from its fills: a spot buy that was looked up."""
    return spec.kind is Kind.SPOT and request.side is Side.BUY and order.filled > ZERO
