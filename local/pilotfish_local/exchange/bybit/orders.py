"""Bybit's orders: create, cancel, the real-time list and the history."""

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.bybit.errors import bad, problem
from pilotfish_local.exchange.bybit.ids import order_id, order_number
from pilotfish_local.exchange.bybit.markets import category_of, market_of
from pilotfish_local.exchange.bybit.order_requests import read_order
from pilotfish_local.exchange.bybit.order_views import order_view, status_of
from pilotfish_local.exchange.bybit.pages import page, window
from pilotfish_local.exchange.bybit.stops import stop_views
from pilotfish_local.exchange.engine.instruments import BYBIT, LINEAR
from pilotfish_local.exchange.engine.market import DELISTED
from pilotfish_local.exchange.engine.orders import Order, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import find_order, seen_orders, visible
from pilotfish_local.exchange.paging import between

Json = dict[str, object]
SIZES = (20, 50)
RECENT = 500


def acknowledged(order: Order) -> Json:
    """What a create or a cancel answers: the ids, and nothing of the state."""
    return {"orderId": order_id(order), "orderLinkId": order.given_client_id}


def create(exchange: Exchange, call: Call) -> object:
    """POST /v5/order/create."""
    request = read_order(call)
    market = exchange.engine.markets.get((BYBIT, request.symbol))
    if market is not None and market.status == DELISTED and not market.instrument.is_spot:
        raise problem(110074)
    order = exchange.engine.place(call.owner, request, call.slices, call.hidden_ns)
    return acknowledged(order)


def _named(exchange: Exchange, call: Call) -> Order | None:
    """The order of an orderId, or else of an orderLinkId, in the category."""
    given = call.params.get("orderId")
    number = order_number(given) if given else None
    order = find_order(exchange, call, number, call.params.get("orderLinkId"))
    return order if order is not None and order.instrument.kind == category_of(call) else None


def cancel(exchange: Exchange, call: Call) -> object:
    """POST /v5/order/cancel."""
    market_of(exchange, call)
    if not call.params.get("orderId") and not call.params.get("orderLinkId"):
        raise bad("params error: orderId or orderLinkId is required")
    order = _named(exchange, call)
    if order is None:
        raise Refused(Reason.UNKNOWN_ORDER)
    exchange.engine.cancel(call.owner, order)
    return acknowledged(order)


def cancel_all(exchange: Exchange, call: Call) -> object:
    """POST /v5/order/cancel-all."""
    orders = [order for order in _of_category(exchange, call) if order.is_open]
    for order in orders:
        exchange.engine.cancel(call.owner, order)
    return {"list": [acknowledged(order) for order in orders], "success": "1"}


def _of_category(exchange: Exchange, call: Call) -> list[Order]:
    return [order for order in seen_orders(exchange, call) if _concerns(call, order)]


def _concerns(call: Call, order: Order) -> bool:
    i, params = order.instrument, call.params
    return (
        i.kind == category_of(call)
        and params.get("symbol") in (None, i.wire_name)
        and params.get("settleCoin") in (None, i.settle)
        and params.get("baseCoin") in (None, i.base)
    )


def realtime(exchange: Exchange, call: Call) -> object:
    """GET /v5/order/realtime: one order in any state, or the open ones, or recent closed ones."""
    if call.params.get("orderId") or call.params.get("orderLinkId"):
        order = _named(exchange, call)
        return _listed(exchange, call, [] if order is None else [order], "")
    narrowed = any(call.params.get(name) for name in ("symbol", "settleCoin", "baseCoin"))
    if category_of(call) == LINEAR and not narrowed:
        raise bad("Missing some parameters that must be filled in, symbol or settleCoin")
    if call.params.get("orderFilter") == "StopOrder":
        views = stop_views(exchange, call)
        return {"category": category_of(call), "list": views, "nextPageCursor": ""}
    closed = call.params.get("openOnly") == "1"
    orders = exchange.engine.book.of_account(call.owner.name)
    recent = set(map(id, orders[-RECENT:]))

    def wanted(order: Order) -> bool:
        if not _concerns(call, order) or not visible(exchange, call, order):
            return False
        return (id(order) in recent) if closed and not order.is_open else order.is_open != closed

    chosen, cursor = page(call, orders, wanted, SIZES)
    return _listed(exchange, call, chosen, cursor)


def history(exchange: Exchange, call: Call) -> object:
    """GET /v5/order/history: closed orders of seven days, or one by its id."""
    if call.params.get("orderId") or call.params.get("orderLinkId"):
        order = _named(exchange, call)
        return _listed(exchange, call, [] if order is None or order.is_open else [order], "")
    start, end = window(exchange, call)
    status = call.params.get("orderStatus")

    def wanted(order: Order) -> bool:
        return (
            not order.is_open
            and _concerns(call, order)
            and visible(exchange, call, order)
            and status in (None, status_of(order))
        )

    orders, clock = exchange.engine.book.of_account(call.owner.name), exchange.clock
    span = between(orders, start, end, lambda order: clock.to_ms(BYBIT, order.accepted_ns))
    chosen, cursor = page(call, orders, wanted, SIZES, span)
    return _listed(exchange, call, chosen, cursor)


def _listed(exchange: Exchange, call: Call, orders: list[Order], cursor: str) -> Json:
    views = [order_view(exchange, order) for order in orders]
    return {"category": category_of(call), "list": views, "nextPageCursor": cursor}


V5 = "/v5/order"
ORDER_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", f"{V5}/create"): Endpoint(BYBIT, "order_create", TRADE, 1, create),
    ("POST", f"{V5}/cancel"): Endpoint(BYBIT, "order_cancel", TRADE, 1, cancel),
    ("POST", f"{V5}/cancel-all"): Endpoint(BYBIT, "order_cancel", TRADE, 1, cancel_all),
    ("GET", f"{V5}/realtime"): Endpoint(BYBIT, "order_lookup", READ, 1, realtime),
    ("GET", f"{V5}/history"): Endpoint(BYBIT, "order_lookup", READ, 1, history),
}
