"""Finding an order that may have been sent."""

from dataclasses import replace
from typing import Any

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.venues import OrderRequest, OrderStatus, VenueOrder
from pilotfish_venues import orders
from pilotfish_venues.amounts import ZERO, decimal, market_of
from pilotfish_venues.outcomes import not_found
from pilotfish_venues.spec import Lookup, VenueSpec

# Between our time of sending and the venue's of accepting, what our clocks may be apart.
_TOLERANCE_MS = 2_000


async def find_waiting(
    exchange: Any, request: OrderRequest, trigger: Trigger, since_ms: int
) -> VenueOrder | None:
    """The order that waits for a price, or what the venue sent when that was reached.

    Where waiting orders are ordinary ones, or among the recent ones, as any other.
    """
    try:
        answer = await exchange.shared.dialect.waiting_order(exchange, request, trigger)
    except Exception as error:
        if not_found(error):
            return None
        raise
    if answer is None:
        return await find(exchange, request, since_ms)
    market, spec = market_of(exchange, request.symbol), exchange.shared.spec
    return orders.read(answer, market, request.client_order_id, spec)


async def cancel_waiting(
    exchange: Any, request: OrderRequest, trigger: Trigger, since_ms: int
) -> None:
    """Take a waiting order back, by the venue's id of it, which is looked up where it is not said.

    One that is gone is gone: only a look-up tells whether it was triggered.
    """
    order_id = request.order_id
    if not order_id:
        found = await find_waiting(exchange, request, trigger, since_ms)
        if found is None:
            raise OutcomeUnknown(f"the order {request.client_order_id} is not seen")
        if found.status is not OrderStatus.OPEN:
            return
        order_id = found.order_id
    params = exchange.shared.dialect.cancel_params(exchange, request, trigger)
    try:
        await exchange.cancel_order(order_id, request.symbol, params)
    except Exception as error:
        if not not_found(error):
            raise


async def find(exchange: Any, request: OrderRequest, since_ms: int) -> VenueOrder | None:
    """The order with the request's client id that the venue took after `since_ms` (its time).

    First by the client id, then among the recent orders: the two lag independently.
    """
    market = market_of(exchange, request.symbol)
    answer = await _by_client_id(exchange, request)
    if answer is None or _older(answer, since_ms):
        answer = await _among_recent(exchange, request, since_ms)
    if answer is None:
        return None
    order = orders.read(answer, market, request.client_order_id, exchange.shared.spec)
    if not orders.needs_fee(exchange, order, request, market):
        return order
    return await _with_fee(exchange, request, market, order)


def _older(answer: Any, since_ms: int) -> bool:
    """Ids are unique among open orders only, so an older order with this id is another one."""
    placed_ms = answer.get("timestamp")
    return placed_ms is not None and int(placed_ms) < since_ms - _TOLERANCE_MS


async def _by_client_id(exchange: Any, request: OrderRequest) -> Any | None:
    spec: VenueSpec = exchange.shared.spec
    wanted = spec.client_id.on_the_wire(request.client_order_id)
    params = {spec.client_id.lookup_param: wanted}
    try:
        match spec.client_id.lookup:
            case Lookup.OPEN | Lookup.RECENT if request.order_id:
                answer = await exchange.fetch_order(request.order_id, request.symbol)
            case Lookup.PARAM:
                answer = await exchange.fetch_order(None, request.symbol, params)
            case Lookup.NATIVE:
                answer = await exchange.shared.dialect.order_by_client_id(exchange, request)
            case Lookup.OPEN:
                found = await exchange.fetch_open_orders(request.symbol, None, None, params)
                answer = _with_id(found, wanted)
            case Lookup.RECENT:
                answer = None
    except Exception as error:
        if not_found(error):
            return None
        raise
    return answer if answer and answer.get("id") else None


async def _among_recent(exchange: Any, request: OrderRequest, since_ms: int) -> Any | None:
    spec: VenueSpec = exchange.shared.spec
    recent = await exchange.shared.dialect.recent_orders(
        exchange, request, since_ms - _TOLERANCE_MS
    )
    return _with_id(recent, spec.client_id.on_the_wire(request.client_order_id))


def _with_id(found: list[Any], wanted: str) -> Any | None:
    return next((order for order in found if order.get("clientOrderId") == wanted), None)


async def _with_fee(
    exchange: Any, request: OrderRequest, market: Any, order: VenueOrder
) -> VenueOrder:
    """With the fee of its fills; raises `OutcomeUnknown` while they are not all visible."""
    dialect = exchange.shared.dialect
    rows = await dialect.order_trades(exchange, order.order_id, request.symbol)
    trades = [dialect.correct(row) for row in rows]
    shown = sum((decimal(trade["amount"]) or ZERO for trade in trades), ZERO)
    if shown < order.filled:
        raise OutcomeUnknown(f"order {order.order_id}: its fills are not all visible yet")
    fee, currency = orders.fee_of(trades)
    kept = orders.fee_in_base(trades, market)
    return replace(order, fee_in_base=kept, fee=fee, fee_currency=currency)
