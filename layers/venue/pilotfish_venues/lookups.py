"""Finding an order that may have been sent."""

from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.venues import OrderRequest, VenueOrder
from pilotfish_venues import orders
from pilotfish_venues.amounts import ZERO, decimal, market_of
from pilotfish_venues.outcomes import not_found
from pilotfish_venues.table import VenueSpec

# Between our time of sending and the venue's of accepting, what our clocks may be apart.
_TOLERANCE_MS = 2_000


async def find(
    exchange: Any, spec: VenueSpec, request: OrderRequest, since_ms: int
) -> VenueOrder | None:
    """The order with the request's client id that the venue took after `since_ms` (its time).

    First by the client id, then among the recent orders: the two lag independently.
    """
    market = market_of(exchange, request.symbol)
    answer = await _by_client_id(exchange, spec, request)
    if answer is None or _older(answer, since_ms):
        answer = await _among_recent(exchange, spec, request, since_ms)
    if answer is None:
        return None
    order = orders.read(answer, market, request.client_order_id)
    if not orders.needs_fee(order, request, spec):
        return order
    return await _with_fee(exchange, request, market, order)


def _older(answer: Any, since_ms: int) -> bool:
    """Ids are unique among open orders only, so an older order with this id is another one."""
    placed_ms = answer.get("timestamp")
    return placed_ms is not None and int(placed_ms) < since_ms - _TOLERANCE_MS


async def _by_client_id(exchange: Any, spec: VenueSpec, request: OrderRequest) -> Any | None:
    params = {spec.lookup_param: request.client_order_id}
    try:
        answer = await exchange.fetch_order(None, request.symbol, params)
    except Exception as error:
        if not_found(error):
            return None
        raise
    return answer if answer.get("id") else None


async def _among_recent(
    exchange: Any, spec: VenueSpec, request: OrderRequest, since_ms: int
) -> Any | None:
    since_ms -= _TOLERANCE_MS
    if exchange.has["fetchOrders"]:
        recent = await exchange.fetch_orders(request.symbol, since_ms, spec.page)
    else:
        recent = await exchange.fetch_open_orders(request.symbol, None, spec.page)
        recent += await exchange.fetch_closed_orders(request.symbol, since_ms, spec.page)
    wanted = request.client_order_id
    return next((order for order in recent if order.get("clientOrderId") == wanted), None)


async def _with_fee(
    exchange: Any, request: OrderRequest, market: Any, order: VenueOrder
) -> VenueOrder:
    """With the fee of its fills; raises `OutcomeUnknown` while they are not all visible."""
    trades = await exchange.fetch_my_trades(request.symbol, None, None, {"orderId": order.order_id})
    shown = sum((decimal(trade["amount"]) or ZERO for trade in trades), ZERO)
    if shown < order.filled:
        raise OutcomeUnknown(f"order {order.order_id}: its fills are not all visible yet")
    return VenueOrder(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        status=order.status,
        filled=order.filled,
        average_price=order.average_price,
        fee_in_base=orders.fee_in_base(trades, market),
    )
