"""Delta's orders, placed by product id in contracts, and their fills."""

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.delta.errors import bad_schema
from pilotfish_local.exchange.delta.pages import page
from pilotfish_local.exchange.delta.products import Json, ok, product
from pilotfish_local.exchange.delta.views import fill_view, order_view
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.orders import Order, OrderRequest, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import find_order, seen_fills, seen_orders

TYPES = {"market_order": "MARKET", "limit_order": "LIMIT"}
IN_FORCE = ("gtc", "ioc", "fok")
NOT_MODELLED = ("stop_order_type", "stop_price", "trail_amount", "bracket_stop_loss_price")


def read_order(exchange: Exchange, call: Call) -> OrderRequest:
    """The order that a body asks for; what is not modelled is refused, never ignored."""
    for name in NOT_MODELLED:
        if name in call.params:
            raise bad_schema("not modelled here", name)
    kind, size = TYPES.get(call.params.get("order_type", "")), call.decimal("size")
    if kind is None:
        raise bad_schema("order_type is market_order or limit_order", "order_type")
    if size is None:
        raise bad_schema("size is required", "size")
    price = call.decimal("limit_price") if kind == "LIMIT" else None
    if kind == "LIMIT" and price is None:
        raise bad_schema("limit_price is required", "limit_price")
    time_in_force = call.params.get("time_in_force", "gtc")
    if time_in_force not in IN_FORCE:
        raise bad_schema("time_in_force is gtc, ioc or fok", "time_in_force")
    return OrderRequest(
        symbol=product(exchange, call).instrument.symbol,
        side=call.params.get("side", "").upper(),
        type=kind,
        qty=size,
        price=price,
        time_in_force=time_in_force.upper(),
        reduce_only=call.flag("reduce_only"),
        client_id=call.params.get("client_order_id", ""),
        post_only=call.flag("post_only"),
    )


def create(exchange: Exchange, call: Call) -> object:
    """POST /v2/orders."""
    request = read_order(exchange, call)
    order = exchange.engine.place(call.owner, request, call.slices, call.hidden_ns)
    return ok(order_view(exchange, order))


def _found(exchange: Exchange, call: Call) -> Order:
    client_id = call.params.get("client_oid") or call.params.get("client_order_id")
    order_id = call.integer("order_id") or call.integer("id")
    order = find_order(exchange, call, order_id, client_id)
    if order is None:
        raise Refused(Reason.UNKNOWN_ORDER)
    return order


def fetch(exchange: Exchange, call: Call) -> object:
    """GET /v2/orders/{order_id} and /v2/orders/client_order_id/{client_oid}."""
    return ok(order_view(exchange, _found(exchange, call)))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE /v2/orders."""
    order = _found(exchange, call)
    exchange.engine.cancel(call.owner, order)
    return ok(order_view(exchange, order))


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE /v2/orders/all."""
    wanted = call.params.get("product_id")
    for order in exchange.engine.book.open_of(call.owner.name):
        if wanted in (None, str(order.instrument.product_id)):
            exchange.engine.cancel(call.owner, order)
    return ok({})


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET /v2/orders."""
    return _order_page(exchange, call, seen_orders(exchange, call, only_open=True))


def closed_orders(exchange: Exchange, call: Call) -> object:
    """GET /v2/orders/history."""
    orders = seen_orders(exchange, call)
    return _order_page(exchange, call, [order for order in orders if not order.is_open])


def _order_page(exchange: Exchange, call: Call, orders: list[Order]) -> Json:
    rows, meta = page(
        exchange, call, orders, lambda o: o.accepted_ns, lambda o: o.instrument.product_id
    )
    return ok([order_view(exchange, order) for order in rows], meta=meta)


def fills(exchange: Exchange, call: Call) -> object:
    """GET /v2/fills: of all products, or of product_ids."""
    rows, meta = page(
        exchange,
        call,
        seen_fills(exchange, call),
        lambda f: f.at_ns,
        lambda f: f.order.instrument.product_id,
    )
    return ok([fill_view(exchange, fill) for fill in rows], meta=meta)


TRADING_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v2/orders"): Endpoint(DELTA, "order_create", TRADE, 5, create),
    ("DELETE", "/v2/orders"): Endpoint(DELTA, "order_cancel", TRADE, 5, cancel),
    ("DELETE", "/v2/orders/all"): Endpoint(DELTA, "order_cancel", TRADE, 5, cancel_all),
    ("GET", "/v2/orders"): Endpoint(DELTA, "order_lookup", READ, 3, open_orders),
    ("GET", "/v2/orders/history"): Endpoint(DELTA, "order_lookup", READ, 10, closed_orders),
    ("GET", "/v2/orders/{order_id}"): Endpoint(DELTA, "order_lookup", READ, 1, fetch),
    ("GET", "/v2/orders/client_order_id/{client_oid}"): Endpoint(
        DELTA, "order_lookup", READ, 1, fetch
    ),
    ("GET", "/v2/fills"): Endpoint(DELTA, "fills", READ, 10, fills),
}
